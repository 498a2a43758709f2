// Evidence that carries some streams alone: the answer is the one that the whole history gives, whatever happened in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatInstant } from "../../../src/audit/answers/instant.ts";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { questions } from "../../../src/audit/questions.ts";
import { questionNamed, sourcesOf, textOf } from "../asking.ts";
import { fullHistory } from "../histories.ts";
import { World } from "../world.ts";
import { judged, withEvidence } from "./cases.ts";

const narrow = questions.filter(({ rests }) => rests === "streams").map(({ id }) => id);

it("there are such questions", () => expect(narrow).toEqual(["members-at", "holders-of", "was-member"]));

it.each(narrow)("%s", async (id) => {
  await fc.assert(
    fc.asyncProperty(fullHistory, fc.nat(), fc.nat(), fc.boolean(), async ({ world, users, groups }, a, b, isPast) => {
      const { shape } = questionNamed(id).parameters as unknown as { shape: Record<string, unknown> };
      // As a head is over the asking itself, the history ends when it is asked.
      world.now = Math.max(world.now, world.entries.at(-1)!.effectiveAt);
      world.user("whoever comes last");
      const then = formatInstant(world.entries[b % world.entries.length]!.effectiveAt);
      const parameters = {
        ...(isPast && "asOf" in shape ? { asOf: then } : {}),
        ...(isPast && "from" in shape ? { from: then } : {}),
        id: groups[a % groups.length]!,
        ...("member" in shape ? { member: users[b % users.length]! } : {}),
      };
      await withEvidence(world, id, parameters, async (folder, { findings }) => {
        const text = await textOf(questionNamed(id), parameters, sourcesOf(world));
        expect(readFileSync(join(folder, FILES.json), "utf8")).toBe(`${text}\n`);
        expect(findings.events).toBeLessThan(findings.leaves);
        expect(await judged(folder)).toMatchObject({ verdict: { word: "SIGNED", enough: true }, findings });
      });
    }),
    { numRuns: 12 },
  );
});

it.each(["holders-of", "was-member"])(
  "%s: what was below the group only before the window is carried too",
  async (id) => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const middle = world.group("middle", inner);
    const outer = world.group("outer", middle);
    world.add(outer, ada);
    world.remove(outer, middle);
    world.now += 1_000_000;
    const from = formatInstant(world.now);
    world.now += 1_000_000;
    world.user("whoever comes last");
    const parameters = { from, id: outer, ...(id === "was-member" ? { member: ada } : {}) };
    await withEvidence(world, id, parameters, async (folder) => {
      const text = await textOf(questionNamed(id), parameters, sourcesOf(world));
      expect(readFileSync(join(folder, FILES.json), "utf8")).toBe(`${text}\n`);
    });
  },
);
