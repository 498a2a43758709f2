// Answers of thousands of rows: nobody waits for all of one, and what the read models tell is not read from the log.
import { describe, expect, it } from "@jest/globals";
import { answerText } from "../../src/audit/answers/answer-text.ts";
import type { Sources } from "../../src/audit/sources.ts";
import { ask, questionNamed } from "./asking.ts";
import { stores } from "./stores.ts";
import { TENANT, World } from "./world.ts";

const [{ using }] = stores.filter(({ store }) => store === "SQLite") as [(typeof stores)[number]];
/** Rows between which everybody else has a turn. */
const MOST_TOGETHER = 500;

/** How many turns of the event loop had been taken when each piece of an answer came. */
async function turnsAtPieces(sources: Sources, question: string, parameters: Record<string, string>) {
  let turns = 0;
  const again = () => {
    turns += 1;
    immediate = setImmediate(again);
  };
  let immediate = setImmediate(again);
  const pieces: { readonly rows: number; readonly turns: number }[] = [];
  let rows = 0;
  const asked = questionNamed(question).read(parameters, sources.clock());
  const text = answerText(asked, TENANT, await asked.answer(sources, TENANT), sources, "ndjson", (more) => {
    rows += more;
  });
  for await (const _ of text) {
    pieces.push({ rows, turns });
    rows = 0;
  }
  clearImmediate(immediate);
  return pieces.filter((piece) => piece.rows > 0);
}

function synchronised(): World {
  const world = new World();
  const users = Array.from({ length: 1_300 }, (_, index) => world.user(`user ${index}`));
  const group = world.group("Team", ...users.slice(0, 400));
  world.actor = { credential: "sync", name: "nightly sync", kind: "provisioning" };
  for (const [index, user] of users.entries()) world.set(user, "title", `Title ${index}`);
  for (const user of users.slice(0, 400)) world.remove(group, user);
  for (const user of users.slice(0, 200)) world.add(group, user);
  return world;
}

describe("a large answer", () => {
  it("lets others have their turn after each batch of rows", () =>
    using(synchronised(), async (sources) => {
      const pieces = await turnsAtPieces(sources, "blast-radius", { actor: "sync" });
      expect(pieces.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_900);
      for (const [index, { rows, turns }] of pieces.entries()) {
        expect(rows).toBeLessThanOrEqual(MOST_TOGETHER);
        if (index > 0) expect(turns).toBeGreaterThan(pieces[index - 1]!.turns);
      }
    }));

  it("about what a credential did is read from the read models alone", () =>
    using(synchronised(), async (sources) => {
      const refusing = { ...sources.log, readAt: () => Promise.reject(new Error("the log was read")) };
      const pieces = await turnsAtPieces({ ...sources, log: refusing }, "blast-radius", { actor: "sync" });
      expect(pieces.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_900);
    }));

  it("is not counted event by event for whoever was never in a group", () => {
    const world = new World();
    const [ada, group] = [world.user("ada"), world.group("Team", world.user("grace"))];
    return using(world, async (sources) => {
      const store = new Proxy(sources.store, {
        get(target, name) {
          if (name === "eventsSeen") return () => Promise.reject(new Error("events were counted one by one"));
          const own: unknown = Reflect.get(target, name);
          return typeof own === "function" ? own.bind(target) : own;
        },
      });
      const { rows } = await ask(questionNamed("was-member"), { id: group, member: ada }, { ...sources, store });
      expect(rows).toMatchObject([{ member: false, examined: { events: world.entries.length } }]);
    });
  });
});
