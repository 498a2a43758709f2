// Read models of generated types, whose definitions grow in the middle of the history: they say what was written, now and
// as of any place, and filters mean what the evaluator says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { Projector } from "../../src/projections/projector.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { sameAttribute } from "../../src/scim/resource/element.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import type { ResourceType, Schema } from "../../src/scim/schema/characteristics.ts";
import { pathsOf } from "../../src/scim/schema/lookup.ts";
import { readSchema } from "../../src/scim/schema/read-schema.ts";
import { dumpOf } from "../readstore/dump.ts";
import { arbitraryFilterText } from "../scim/arbitraries.ts";
import { parseFilterLeniently } from "../scim/reading.ts";
import { arbitraryAttributes, arbitraryType, CORE, EXTENSION, typeOf } from "./arbitrary-type.ts";
import { type Living, TypedLog } from "./typed-log.ts";

/** The schema without its last attributes, as it may have been before. */
const younger = (schema: Schema, attributes: number): Schema => ({
  ...schema,
  attributes: schema.attributes.slice(0, Math.max(1, schema.attributes.length - attributes)),
});
/** What is added to a schema in use is not required. */
const relaxed = (schema: Schema, from: Schema): Schema => ({
  ...schema,
  attributes: schema.attributes.map((one, index) =>
    index < from.attributes.length ? one : { ...one, required: false },
  ),
});

interface Told {
  readonly log: TypedLog;
  readonly type: ResourceType;
}

const arbitraryLog: fc.Arbitrary<Told> = fc
  .tuple(arbitraryType(), fc.nat(2), fc.nat(2))
  .chain(([type, less, lessExtended]) => {
    const extension = type.extensions[0]!.schema;
    const before = typeOf(younger(type.schema, less), younger(extension, lessExtended));
    const after = typeOf(relaxed(type.schema, before.schema), relaxed(extension, before.extensions[0]!.schema));
    const steps = (of: ResourceType) =>
      fc.array(fc.tuple(fc.constantFrom("create", "create", "replace", "delete"), arbitraryAttributes(of), fc.nat(9)), {
        minLength: 1,
        maxLength: 6,
      });
    return fc.tuple(fc.constant([before, after] as const), steps(before), steps(after));
  })
  .map(([[before, after], first, second]) => {
    const log = new TypedLog();
    const define = ({ schema, extensions }: ResourceType) => {
      log.defineSchema(schema);
      log.defineSchema(extensions[0]!.schema);
    };
    const apply = (steps: typeof first) => {
      for (const [kind, attributes, number] of steps) {
        const id = log.ids[number % Math.max(1, log.ids.length)];
        if (kind === "create" || id === undefined) log.create(attributes);
        else if (kind === "replace") log.replace(id, attributes);
        else log.delete(id);
      }
    };
    define(before);
    log.defineType(CORE, EXTENSION);
    apply(first);
    define(after);
    apply(second);
    return { log, type: after };
  });

async function withStore<T>(log: TypedLog, size: number, ask: (store: SqliteReadStore, folder: string) => Promise<T>) {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-types-"));
  // A new writer and projector for each batch: what they know of definitions comes from the file each time.
  for (let from = 0; from < log.events.length; from += size) {
    const writer = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
    new Projector(writer, { namespace: "scim", openKey: log.openKey }).project(log.events.slice(from, from + size));
    writer.close();
  }
  const store = new SqliteReadStore(folder, { cacheMegabytes: 1 });
  try {
    return await ask(store, folder);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectBody(type: ResourceType, body: string, attributes: JsonObject): void {
  const read = JSON.parse(`${body}}`) as JsonObject;
  const { schemas, id: _, ...rest } = read;
  expect(schemas).toEqual(schemasOf(type, attributes));
  expect(Object.keys(rest).sort()).toEqual(Object.keys(attributes).sort());
  for (const { extension, attribute, sub } of pathsOf(type)) {
    if (sub !== undefined || ["id", "schemas", "meta"].includes(attribute.name)) continue;
    const [a, b] = [rest, attributes].map((all) =>
      extension === undefined ? all[attribute.name] : (all[extension] as JsonObject | undefined)?.[attribute.name],
    );
    expect([attribute.name, sameAttribute(attribute, a, b)]).toEqual([attribute.name, true]);
  }
}

const RUNS = { numRuns: 25, endOnFailure: true };

it("each resource reads as it was written, now and as of any place", () =>
  fc.assert(
    fc.asyncProperty(arbitraryLog, fc.integer({ min: 1, max: 5 }), async ({ log, type }, size) => {
      await withStore(log, size, async (store) => {
        for (const [place, living] of log.living.entries())
          for (const id of log.ids) {
            const resource = store.get("acme", "Thing", id, positionOf(place));
            expect([place, id, resource !== undefined]).toEqual([place, id, living.has(id)]);
            if (resource !== undefined) expectBody(type, resource.body, living.get(id)!);
          }
        for (const [id, attributes] of log.living.at(-1)!)
          expectBody(type, store.get("acme", "Thing", id)!.body, attributes);
      });
    }),
    RUNS,
  ));

it("a filter means what the evaluator says, now and as of any place", () => {
  const asked = arbitraryLog.chain((told) => {
    const stored = pathsOf(told.type).filter(({ attribute }) => attribute.name !== "meta");
    const filters = fc.array(arbitraryFilterText(told.type, stored), { minLength: 4, maxLength: 8 });
    return fc.tuple(fc.constant(told), filters, fc.nat());
  });
  return fc.assert(
    fc.asyncProperty(asked, async ([{ log, type }, filters, number]) => {
      await withStore(log, 1_000, async (store) => {
        const place = number % log.living.length;
        for (const text of filters) {
          const filter = parseFilterLeniently(type, text);
          const query = { tenant: "acme", of: [{ type, filter }], startIndex: 1, count: 100 };
          const ids = async (more: object) =>
            (await store.query({ ...query, ...more })).resources.map(({ id }) => id).sort();
          const oracle = (living: Living) =>
            [...living]
              .filter(([id, own]) => matches(filter, { schemas: schemasOf(type, own), id, ...own }))
              .map(([id]) => id)
              .sort();
          expect([text, await ids({})]).toEqual([text, oracle(log.living.at(-1)!)]);
          const then = await ids({ asOf: positionOf(place) });
          expect([text, place, then]).toEqual([text, place, oracle(log.living[place]!)]);
        }
      });
    }),
    RUNS,
  );
});

it("members and groups of an own type are values like any others", () => {
  const list = (name: string) => ({
    name,
    type: "complex",
    multiValued: true,
    subAttributes: [{ name: "value", type: "string" }],
  });
  const team = (id: string) => readSchema({ id, name: "Team", attributes: [list("members"), list("groups")] });
  const type = typeOf(team(CORE), readSchema({ id: EXTENSION, name: "More", attributes: [list("others")] }));
  const log = new TypedLog();
  log.defineSchema(type.schema);
  log.defineSchema(type.extensions[0]!.schema);
  log.defineType(CORE, EXTENSION);
  log.create({ members: [{ value: "alice" }, { value: "bob" }], groups: [{ value: "x" }] });
  log.create({ members: [{ value: "carol" }] });
  return withStore(log, 1_000, async (store) => {
    const found = async (text: string) => {
      const filter = parseFilterLeniently(type, text);
      const query = { tenant: "acme", of: [{ type, filter }], startIndex: 1, count: 100 };
      return (await store.query(query)).resources.map(({ id }) => log.ids.indexOf(id));
    };
    expect(await found('members.value eq "nobody"')).toEqual([]);
    expect(await found('members eq "carol"')).toEqual([1]);
    expect(await found('members[value eq "BOB"]')).toEqual([0]);
    expect(await found('groups.value eq "y"')).toEqual([]);
    expect(await found('not (members.value eq "alice")')).toEqual([1]);
  });
});

it("built anew, in batches of any size, they are identical", () =>
  fc.assert(
    fc.asyncProperty(arbitraryLog, fc.integer({ min: 1, max: 4 }), async ({ log }, size) => {
      const dumps = [size, 1_000].map((one) => withStore(log, one, async (_, folder) => dumpOf(folder)));
      const [piecemeal, whole] = await Promise.all(dumps);
      expect(piecemeal).toEqual(whole);
    }),
    RUNS,
  ));
