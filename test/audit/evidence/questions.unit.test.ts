// Evidence for every question of the table: written, verified, and the same as the answer itself.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { questions } from "../../../src/audit/questions.ts";
import { sourcesOf, textOf } from "../asking.ts";
import { judged, withEvidence } from "./cases.ts";
import { eventful, parametersFor } from "./eventful.ts";

const lived = eventful();
const { world } = lived;

describe.each(questions.map((question) => ({ id: question.id, question })))("evidence for $id", ({ id, question }) => {
  it.each([
    ["at the end", {}],
    ["at an instant of the past", lived.past],
  ])("holds, and has the very answer, asked %s", async (_, instants) => {
    const parameters = parametersFor(question, lived, instants);
    await withEvidence(world, id, parameters, async (folder, { findings }) => {
      for (const [name, format] of [
        ["answer.json", "json"],
        ["answer.csv", "csv"],
      ] as const) {
        const text = await textOf(question, parameters, sourcesOf(world), { format });
        expect(readFileSync(join(folder, name), "utf8")).toBe(format === "json" ? `${text}\n` : text);
      }
      expect(await judged(folder)).toMatchObject({
        verdict: { word: "SIGNED", enough: true },
        findings: { ...findings, unopened: { unexplained: 0 } },
      });
    });
  });
});
