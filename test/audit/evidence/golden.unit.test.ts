// Folders that were once handed out hold for ever: what lies here was written when the format was made, and is never written
// again. Where one of them fails because an answer is worded otherwise, the format has to become another one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { digestIn } from "../../../src/audit/evidence/manifest.ts";
import { judged } from "./cases.ts";

const GOLDEN = fileURLToPath(new URL("./golden/", import.meta.url));

/** Name → format, digest, rows, and events that could not be read. */
const DIGESTS: Readonly<Record<string, readonly [1 | 2 | 3, string, number, number]>> = {
  "members-at": [1, "14a7a61630e46d2579ffc559958db747352cf3b5d93339b760936676890281b4", 4, 1],
  "timeline-of-an-erased-person": [1, "7a3457ec79a99009ffa773799e4f31c0c9270cea6872fc1c28a85c646ec95dad", 3, 1],
  readings: [1, "e620ca05b9459362c28b95aa0effbc2d0fe2980335d0f39ebd9d68301aa73437", 1, 0],
  "actor-activity-in-a-window": [2, "eaf16eb6434cb03daedc0c320ddc0fd524695d32a29035bffbf23ae71380b487", 4, 0],
  "leavers-without-a-source": [2, "76aa51694d11a9216271aadddbab98fa4cf3847ec3912d32a5409fa4c0ab5ae2", 0, 0],
  "blast-radius-of-a-loss-as-it-was": [2, "d77d0023736e7855feb5bd3696e61f4a4facb4f8b3c2842fb159aa3b413ac48e", 1, 0],
  "blast-radius-of-a-loss-repeated": [3, "16a57a8f0f6972129436ace76864b39020aa13c65eb8761127207b91784da235", 1, 0],
};

it.each(readdirSync(GOLDEN))("%s", async (name) => {
  const folder = join(GOLDEN, name);
  const { verdict, asking, findings } = await judged(folder);
  expect(verdict).toMatchObject({ word: "SIGNED", enough: true });
  const digest = digestIn(readFileSync(join(folder, FILES.manifest), "utf8"));
  expect([asking?.format, digest, findings?.rows, findings?.unopened.destroyed]).toEqual(DIGESTS[name]);
});
