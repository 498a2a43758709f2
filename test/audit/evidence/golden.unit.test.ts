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
  "members-at": ["1ec420e1bb6cef5376ee1bcc84e8b6c70a5825af82fba4f3dcf19988cc6403ea", 4, 1],
  "timeline-of-an-erased-person": ["f208a4323dce1867838e94c55f93913a3f93333d17e2c920fec34c14b91c7613", 4, 1],
  readings: ["90088408160180b9bb99ed7f4e8405aecb172a35ea7706d680930dd7d8d548b9", 1, 0],
  "actor-activity-in-a-window": ["60f9f09f4d7bbf7c2277683fa903321d68d172c2a7cc3e23ed5e28fb231042fa", 4, 0],
  "privileged-in-a-window": ["efbdb7b27b184ae4b541af8b1ddab5bb0defeba598e9a4b75a4c234d49ee67c7", 4, 1],
  "who-granted": ["02687a79d90bedd4dd44f55b5aae7c2ee3e6758515ba9920e9d689fb307d7c6b", 2, 0],
  "leavers-without-a-source": ["64d586750ee7354ea6578aa8dfd9ccf8163e017b31296dec450805a8377966cd", 0, 0],
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
