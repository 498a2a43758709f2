// Pages: for whatever question, of whatever history, the rows of pages by cursor are the rows of the one long answer, in order,
// also where the history goes on between two pages.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { z } from "zod";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Question } from "../../src/audit/answers/question.ts";
import { questions } from "../../src/audit/questions.ts";
import { ask } from "./asking.ts";
import { parametersFor } from "./evidence/eventful.ts";
import { type FullHistory, fullHistory } from "./histories.ts";
import { records } from "./record-histories.ts";
import { stores } from "./stores.ts";

const HOUR = 3_600_000_000;
const shapeOf = ({ parameters }: Question) => (parameters as z.ZodObject).shape;
const paged = questions.filter((question) => "cursor" in shapeOf(question));

/** Changes with all that can be asked of them, or what surrounds changes. */
const histories = fc.oneof(
  { weight: 3, arbitrary: fullHistory },
  {
    weight: 1,
    arbitrary: records.map(({ world, users }): FullHistory => {
      const groups = [world.group("one", ...users.filter((user) => world.isLive(user))), world.group("other")];
      return { world, users, groups, assertions: [] };
    }),
  },
);

/** Parameters that a history has an answer for. */
function asked(question: Question, { world, users, groups }: FullHistory, a: number, b: number) {
  const [ada, group, other] = [users[a % users.length]!, groups[b % groups.length]!, groups[a % groups.length]!];
  const from = world.entries[a % world.entries.length]!.effectiveAt;
  const to = world.entries[b % world.entries.length]!.effectiveAt;
  const past = { from: formatInstant(Math.min(from, to)), to: formatInstant(Math.max(from, to) + 1) };
  return parametersFor(question, { world, ada, eve: ada, group, other, past }, a % 2 === 0 ? {} : past);
}

/** Somebody changes what the next page could show. */
function goOn({ world, users, groups }: FullHistory, turn: number): void {
  const [user, group] = [users[turn % users.length]!, groups[turn % groups.length]!];
  world.now += HOUR;
  if (world.isLive(user)) {
    world.set(user, "title", `title ${world.entries.length}`);
    world.set(user, "active", world.isEnabled(user) ? false : undefined);
  }
  if (!world.isLive(group)) return;
  world.rename(group, `name ${world.entries.length}`);
  if (world.isLive(user)) (world.has(group, user) ? world.remove : world.add).call(world, group, user);
}

describe.each(stores)("from a store $store", ({ using, runs }) => {
  it.each(paged.map((question) => ({ id: question.id, question })))("pages of $id join to the whole", ({ question }) =>
    fc.assert(
      fc.asyncProperty(histories, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 4 }), async (history, a, b, limit) => {
        const { world } = history;
        world.now = Math.max(world.now, world.entries.at(-1)!.effectiveAt) + 10_000_000;
        const parameters = asked(question, history, a, b);
        const answer = (more: Record<string, string>) =>
          using(world, (sources) => ask(question, { ...parameters, ...more }, sources));
        const whole = await answer({});
        // The tenth page and those after it are cut like those before.
        const rows: object[] = [];
        let next: string | undefined;
        for (let page = 0; page < 10; page += 1) {
          const { rows: some, ...end } = await answer({ limit: String(limit), ...(next ? { cursor: next } : {}) });
          expect(some.length).toBeLessThanOrEqual(limit);
          rows.push(...some);
          next = end.next;
          goOn(history, a + page);
          if (next === undefined) break;
          expect(some.length).toBe(limit);
        }
        expect(rows).toEqual(next === undefined ? whole.rows : whole.rows.slice(0, rows.length));
      }),
      { numRuns: runs.numRuns / 4 },
    ),
  );
});
