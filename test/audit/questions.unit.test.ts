// What holds for every question: parameters, completeness, tenants, the envelope.
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { formatInstant, parseInstant } from "../../src/audit/answers/instant.ts";
import { level } from "../../src/audit/answers/moment.ts";
import type { Question } from "../../src/audit/answers/question.ts";
import { questions } from "../../src/audit/questions.ts";
import { DateAsserted } from "../../src/domain/assertion-events.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { ask, sourcesOf, textOf, timeOf } from "./asking.ts";
import { FoldStore } from "./fold-store.ts";
import { World } from "./world.ts";

const world = new World();
const ada = world.user("ada");
const group = world.group("group", ada);
const other = world.group("other");
world.record("assertion", DateAsserted({ source: "workday", user: ada, kind: "leaves", at: null }));

/** The parameters that a question needs, for somebody who is there. */
const subjectOf = ({ route, parameters }: Question): Record<string, string> => {
  const needed: Record<string, string> = {};
  const { shape } = parameters as unknown as {
    shape: Record<string, { safeParse(value: unknown): { success: boolean } }>;
  };
  for (const [name, schema] of Object.entries(shape)) if (!schema.safeParse(undefined).success) needed[name] = "";
  const samples: Record<string, string> = {
    id: route.startsWith("/groups") ? group : route.startsWith("/actors") ? "cred-1" : ada,
    member: ada,
    type: "users",
    group,
    with: other,
    actor: "cred-1",
    from: "2026-01-01T00:00:00Z",
  };
  return Object.fromEntries(
    [...Object.keys(needed), ...(route === "/blast-radius" ? ["actor"] : [])].map((name) => [name, samples[name]!]),
  );
};
const asksOfOne = ({ route }: Question) => /^\/(groups|users|resources|:type)\//.test(route);

const invalidValue = expect.objectContaining({ status: 400, scimType: "invalidValue" });

describe.each(questions.map((question) => ({ id: question.id, question })))("the question $id", ({ question }) => {
  it("says what it was asked and what it stands on", async () => {
    const parameters = subjectOf(question);
    expect(await ask(question, parameters, sourcesOf(world))).toMatchObject({
      question: question.id,
      parameters,
      tenant: "acme",
      position: world.position,
      asOf: expect.stringMatching(/Z$/),
      effectiveAt: timeOf(world, world.position),
      knownAt: timeOf(world, world.position),
      completeness: { through: world.position, behind: 0 },
      count: expect.any(Number),
    });
  });

  it("says the same line by line", async () => {
    const text = await textOf(question, subjectOf(question), sourcesOf(world), { format: "ndjson" });
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, { count?: number }>);
    const whole = await ask(question, subjectOf(question), sourcesOf(world));
    const content = lines.slice(1, -1).map((line) => line["row"] ?? line["resource"]);
    expect(content).toEqual(whole.rows ?? [whole.resource]);
    expect(lines[0]!["answer"]).toMatchObject({ question: question.id });
    expect(lines.at(-1)!["end"]).toMatchObject({ count: whole.count });
  });

  it.each(["colour", "as_of", "__proto__", "constructor", "toString"])("knows no parameter %s", (name) => {
    const parameters = Object.fromEntries([...Object.entries(subjectOf(question)), [name, "x"]]);
    expect(() => question.read(parameters, world.now)).toThrow(invalidValue);
  });

  it("says the same as a table", async () => {
    const text = await textOf(question, subjectOf(question), sourcesOf(world), { format: "csv" });
    const lines = csvLines(text);
    const whole = await ask(question, subjectOf(question), sourcesOf(world));
    expect(lines[0]![0]).toBe("#answer");
    expect(JSON.parse(lines[0]![1]!)).toMatchObject({ question: question.id, position: world.position });
    expect(lines.at(-1)).toEqual(["#end", expect.stringContaining(`"count":${whole.count}`)]);
    const names = lines[1]!;
    expect(lines.length).toBe(3 + whole.count);
    for (const [index, row] of (whole.rows ?? []).entries())
      for (const [column, name] of names.entries()) {
        const value = name.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], row);
        const expected = value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
        expect(lines[2 + index]![column]).toBe(expected);
      }
    if (whole.resource !== undefined) expect(JSON.parse(lines[2]![0]!)).toEqual(whole.resource);
  });

  it("does not know who never was, who is of another kind, or of another tenant", async () => {
    if (!asksOfOne(question)) return;
    const missing = { status: 404, scimType: undefined };
    const sources = sourcesOf(world);
    const parameters = subjectOf(question);
    await expect(ask(question, { ...parameters, id: "constructor" }, sources)).rejects.toMatchObject(missing);
    await expect(
      ask(question, { ...parameters, id: parameters["id"] === ada ? group : ada }, sources),
    ).rejects.toMatchObject(missing);
    await expect(ask(question, parameters, sources, "other")).rejects.toMatchObject(missing);
  });

  it.each(["id", "member", "actor", "request", "group", "with", "type", "source"])(
    "does not answer “nothing” about a %s that never was",
    async (name) => {
      if (!Object.hasOwn((question.parameters as unknown as { shape: object }).shape, name)) return;
      const pairs: Record<string, object> = { overlaps: { group, with: other }, diff: { type: "users", id: ada } };
      const own = { ...subjectOf(question), ...pairs[question.id] };
      const asked = ask(question, { ...own, [name]: "nobody" }, sourcesOf(world));
      await expect(asked).rejects.toMatchObject({ status: 404, message: expect.stringContaining("“nobody”") });
    },
  );

  it("refuses rather than understates while the read models are behind", async () => {
    const store = new FoldStore(world);
    store.paused = positionOf(1);
    const asking = ask(question, subjectOf(question), sourcesOf(world, store));
    await expect(asking).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("could leave out access"),
    });
  });

  it("waits for read models that catch up", async () => {
    const store = new FoldStore(world);
    store.paused = positionOf(1);
    setTimeout(() => {
      store.paused = undefined;
    }, 5);
    expect(await ask(question, subjectOf(question), { ...sourcesOf(world, store), patience: 2_000 })).toMatchObject({
      position: world.position,
    });
  });

  it("looks again when it is told that they have caught up, and not before", async () => {
    const store = new FoldStore(world);
    store.paused = positionOf(1);
    let looks = 0;
    const position = () => {
      looks += 1;
      return store.position();
    };
    const reached = async () => {
      await pause(50);
      store.paused = undefined;
    };
    expect(
      await level({
        ...sourcesOf(world),
        store: { position, positionAt: (at) => store.positionAt(at) },
        reached,
        patience: 2_000,
      }),
    ).toBe(world.position);
    expect(looks).toBe(2);
  });

  it.each([
    ["refuses to say", () => Promise.reject(new Error("stalled"))],
    ["says it too early", () => Promise.resolve()],
  ])("looks by itself where whoever should tell %s", async (_, reached) => {
    const store = new FoldStore(world);
    store.paused = positionOf(1);
    setTimeout(() => {
      store.paused = undefined;
    }, 5);
    expect(await level({ ...sourcesOf(world, store), reached, patience: 2_000 })).toBe(world.position);
  });

  it("is not kept waiting by whoever never tells", async () => {
    const store = new FoldStore(world);
    store.paused = positionOf(1);
    const asked = level({ ...sourcesOf(world, store), reached: () => new Promise(() => {}), patience: 20 });
    await expect(asked).rejects.toMatchObject({ status: 503 });
  });
});

/** RFC 4180, for text of our own. */
function csvLines(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    cells.push(quoted!.replaceAll('""', '"'));
    if (end === ",") continue;
    lines.push(cells);
    cells = [];
  }
  return lines;
}

describe("an instant", () => {
  const timed = questions.flatMap((question) =>
    ["asOf", "from", "to"]
      .filter((name) => name in (question.parameters as unknown as { shape: object }).shape)
      .map((name) => ({ question, name })),
  );

  it.each(timed)("$question.id: $name must be an instant that has come, with its offset", ({ question, name }) => {
    const read = (text: string) => question.read({ ...subjectOf(question), [name]: text }, world.now);
    for (const text of [
      "",
      "yesterday",
      "2026-05-01",
      "2026-05-01T08:30:00",
      "2026-05-01T08:30:00 02:00",
      "1790000000",
      "2026-13-01T00:00:00Z",
    ])
      expect(() => read(text)).toThrow(invalidValue);
    expect(() => read(formatInstant(world.now + 1))).toThrow(invalidValue);
    expect(() => read(formatInstant(world.now))).not.toThrow();
    expect(() => read("2026-05-01T08:30:00.5+02:00")).not.toThrow();
  });

  it("begins a window before its end", () => {
    const [from, to] = [formatInstant(world.now), formatInstant(world.now - 1)];
    for (const question of questions.filter(({ id }) => id === "timeline" || id === "access-of"))
      for (const window of [
        { from, to },
        { from, to: from },
      ])
        expect(() => question.read({ ...subjectOf(question), ...window }, world.now)).toThrow(invalidValue);
  });

  it("is written with six digits and read back to the microsecond", () => {
    for (const micros of [0, 1, 999_999, 1_000_000, 1_790_000_000_123_456, -1, -62_000_000_000_000_000]) {
      const text = formatInstant(micros);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      if (micros > -9_000_000_000_000_000) expect(parseInstant(text)).toBe(micros);
    }
  });
});
