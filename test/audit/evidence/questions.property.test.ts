// Evidence for any question, of histories of all kinds: it holds with the keys of what was looked at alone, and has the very
// answer that a look at the whole history gives.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatInstant } from "../../../src/audit/answers/instant.ts";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { questions } from "../../../src/audit/questions.ts";
import { sourcesOf, textOf } from "../asking.ts";
import { fullHistory } from "../histories.ts";
import { judged, withEvidence } from "./cases.ts";
import { parametersFor } from "./eventful.ts";

it("holds, and has the very answer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fullHistory,
      fc.constantFrom(...questions),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      async ({ world, users, groups }, question, a, b, isPast) => {
        if (a % 3 === 0 && world.isLive(users[b % users.length]!)) world.erase(users[b % users.length]!);
        world.now = Math.max(world.now, world.entries.at(-1)!.effectiveAt);
        world.user("whoever comes last");
        const at = (place: number) => world.entries[place % world.entries.length]!.effectiveAt;
        const [from, to] = [at(a), at(b)].toSorted((one, other) => one - other) as [number, number];
        const past = { asOf: formatInstant(to), from: formatInstant(from), to: formatInstant(to + 1) };
        const [ada, group, other] = [users[a % users.length]!, groups[b % groups.length]!, groups[a % groups.length]!];
        const within = to < world.now ? past : { asOf: past.asOf, from: past.from };
        const lived = { world, ada, eve: ada, group, other, past };
        const parameters = parametersFor(question, lived, isPast ? within : {});
        const text = await textOf(question, parameters, sourcesOf(world)).catch((error: { status?: number }) => {
          // Nobody can be shown as of an instant at which he was not there.
          if (error.status === 404) return undefined;
          throw error;
        });
        if (text === undefined) return;
        await withEvidence(world, question.id, parameters, async (folder, { findings }) => {
          expect(readFileSync(join(folder, FILES.json), "utf8")).toBe(`${text}\n`);
          expect(await judged(folder)).toMatchObject({ verdict: { word: "SIGNED", enough: true }, findings });
        });
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);
