// Folders that were once handed out hold for ever: what lies here was written when the format was made, and is never written
// again. Where one of them fails because an answer is worded otherwise, the format has to become another one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { digestIn, OtherFormat } from "../../../src/audit/evidence/manifest.ts";
import { judged } from "./cases.ts";

const GOLDEN = fileURLToPath(new URL("./golden/", import.meta.url));
const EARLIER = fileURLToPath(new URL("./earlier/", import.meta.url));

/** Name → digest, rows, and events that could not be read. */
const DIGESTS: Readonly<Record<string, readonly [string, number, number]>> = {
  "blast-radius-of-a-loss-repeated": ["16a57a8f0f6972129436ace76864b39020aa13c65eb8761127207b91784da235", 1, 0],
};

it.each(readdirSync(GOLDEN))("%s", async (name) => {
  const folder = join(GOLDEN, name);
  const { verdict, findings } = await judged(folder);
  expect(verdict).toMatchObject({ word: "SIGNED", enough: true });
  const digest = digestIn(readFileSync(join(folder, FILES.manifest), "utf8"));
  expect([digest, findings?.rows, findings?.unopened.destroyed]).toEqual(DIGESTS[name]);
});

it.each(readdirSync(EARLIER))("what another version made is left to that: %s", async (name) => {
  await expect(judged(join(EARLIER, name))).rejects.toThrow(OtherFormat);
  await expect(judged(join(EARLIER, name))).rejects.toThrow(/format [12], and this version .* run\.json/u);
});
