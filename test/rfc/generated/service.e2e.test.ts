// A part of the generated cases, another one each time, on the whole service: what the engine does alone, it does behind
// HTTP, the log and the database too. A credential of the profile `rfc` asks.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { groupMembershipType, groupType } from "../../../src/scim/schema/resource-types.ts";
import { type Answer, type Served, startServed } from "../../support/served.ts";
import { referenceFilter } from "../reference/filter.ts";
import { type Outcome, outcomeOf } from "../reference/operation.ts";
import { unordered } from "../reference/patch.ts";
import { isSecret, targets, textOf } from "../reference/schema.ts";
import { filterCases, operators } from "./filter-cases.ts";
import { operations, type PatchCase, patchCases, resourcesFor } from "./patch-cases.ts";
import { named, SCHEMAS, servedTypes } from "./types.ts";
import { oneValue, resourceWith, type Variant } from "./values.ts";

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const RUNS = 150;

let served: Served;
let token: string;
/** Of the users that groups of these tests have as members. */
let people: readonly string[];
beforeAll(async () => {
  served = await startServed({ SCIM_LEDGER_SCHEMAS: SCHEMAS });
  const body = { name: "Generated", kind: "provisioning", profile: "rfc" };
  token = String((await served.ask("POST /admin/v1/credentials", { body })).body["token"]);
  people = await Promise.all(
    ["Ada", "Ben", "Cleo"].map(async (userName) => {
      const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
      return String((await ask("POST", "/Users", { schemas, userName })).body["id"]);
    }),
  );
});
afterAll(async () => served[Symbol.asyncDispose]());

const ask = (method: string, path: string, body?: Json): Promise<Answer> =>
  served.ask(`${method} /scim/v2${path}`, body === undefined ? { token } : { token, body });

/** The same with the ids of users in the place of the generated ids of members. */
const withPeople = <T>(type: ResourceType, value: T): T =>
  type.name !== "Group"
    ? value
    : JSON.parse(people.reduce((text, id, n) => text.replaceAll(`value Text ${n}`, id), JSON.stringify(value)));

/** What a creation needs beside attributes that are kept: `schemas`, and the secrets that are required. */
const bodyOf = (type: ResourceType, attributes: JsonObject): JsonObject => {
  const urns = type.extensions.map(({ schema }) => schema.id).filter((urn) => attributes[urn] !== undefined);
  const body: JsonObject = { schemas: [type.schema.id, ...urns], ...structuredClone(attributes) };
  for (const { urn, attribute, sub } of targets(type)) {
    const container = (urn === undefined ? body : body[urn]) as JsonObject | undefined;
    if (sub === undefined && container !== undefined && attribute.required && isSecret(attribute))
      container[attribute.name] = oneValue(attribute, 0);
  }
  return body;
};

/** A query for every attribute, also for those that are returned on request alone. */
const everything = (type: ResourceType): string => {
  const shown = targets(type).filter(({ attribute, sub }) => sub === undefined && attribute.returned !== "never");
  return `attributes=${shown.map(textOf).join()}`;
};

/** What a client gave of a resource, as it is read: without what the service says of it. */
const givenIn = (type: ResourceType, resource: JsonObject): JsonObject => {
  const { schemas: _, id: __, meta: ___, groups: ____, ...given } = structuredClone(resource);
  if (type.name === "Group" && Array.isArray(given["members"]))
    given["members"] = given["members"].map((one) => ({ value: (one as JsonObject)["value"] as Json }));
  for (const { schema } of type.extensions) {
    const manager = (given[schema.id] as JsonObject | undefined)?.["manager"] as JsonObject | undefined;
    if (manager === undefined) continue;
    delete manager["$ref"];
    delete manager["displayName"];
    if (Object.keys(manager).length === 0) delete (given[schema.id] as JsonObject)["manager"];
    if (Object.keys(given[schema.id] as JsonObject).length === 0) delete given[schema.id];
  }
  return given;
};

/**
 * A member is a resource: where a filter selects members, none is made from what it says, as the reference makes elements of
 * any other list, and none is turned into another; what is said of one never changes.
 */
const ofMembers = (before: JsonObject, { op, target, filter, value }: PatchCase["sent"], outcome: Outcome): Outcome => {
  if (target.attribute.name !== "members" || (target.sub ?? filter) === undefined) return outcome;
  if (target.sub !== undefined) return { refused: ["mutability", ...("refused" in outcome ? outcome.refused : [])] };
  if ("refused" in outcome) return { refused: ["noTarget", ...outcome.refused] };
  const changes = op !== "remove" && (value ?? null) !== null && unordered(outcome.after) !== unordered(before);
  return changes ? { refused: ["noTarget", "mutability"] } : outcome;
};

const oneOf = <T>(cases: readonly T[]): fc.Arbitrary<T> => fc.nat(cases.length - 1).map((index) => cases[index] as T);

/** `group.value eq "…"`, and the like, whatever stands around it that means no more. */
const isOfMemberships = /^\(?(urn:[\w:.]*:)?(id|group\.value|member\.value) eq ("[^"]*"|null)\)?$/i;

it("memberships are found by their group and member alone; no other filter is answered with all of them", async () => {
  const members = people.map((value) => ({ value }));
  const group = await ask("POST", "/Groups", { schemas: [groupType.schema.id], displayName: "Team", members });
  const all = (await ask("GET", "/GroupMemberships?count=100")).body["Resources"] as JsonObject[];
  expect(all).toHaveLength(people.length);
  const cases = operators.flatMap((operator) =>
    [...filterCases(groupMembershipType, operator)].map(({ text }) => text),
  );
  const own = [`group.value eq "${group.body["id"]}"`, `member.value eq "${people[0]}"`, `id eq "${all[0]?.["id"]}"`];
  const property = async (text: string) => {
    const answer = await ask("GET", `/GroupMemberships?count=100&filter=${encodeURIComponent(text)}`);
    if (!isOfMemberships.test(text) || answer.status === 400) {
      expect([text, answer.status, answer.body["scimType"]]).toEqual([text, 400, "invalidFilter"]);
      return;
    }
    const test = referenceFilter(groupMembershipType, text);
    const found = ((answer.body["Resources"] ?? []) as JsonObject[]).map(({ id }) => id);
    const expected = all.filter((one) => test(one)).map(({ id }) => id);
    expect([text, found.toSorted()]).toEqual([text, expected.toSorted()]);
  };
  for (const text of own) await property(text);
  expect(
    (await ask("GET", `/GroupMemberships?filter=${encodeURIComponent(own[1] as string)}`)).body["totalResults"],
  ).toBe(1);
  await fc.assert(fc.asyncProperty(oneOf(cases), property), { numRuns: 2 * RUNS });
  for (const method of ["PUT", "PATCH"])
    expect((await ask(method, `/GroupMemberships/${all[0]?.["id"]}`, {})).status).toBe(405);
  await ask("DELETE", `/Groups/${group.body["id"]}`);
}, 60_000);

describe.each(named(servedTypes))("the service, with a %s,", (_, type) => {
  it("comes by PATCH to what the characteristics say, or changes nothing and says why", async () => {
    const cases = operations.flatMap((op) => [...patchCases(type, op)]);
    const property = async (one: PatchCase, which: number) => {
      const { operation, sent } = withPeople(type, one);
      const states = withPeople(type, resourcesFor(type, sent.target));
      const attributes = states[which % states.length] as JsonObject;
      const made = await ask("POST", type.endpoint, bodyOf(type, attributes));
      expect([made.status, made.text]).toEqual([201, expect.anything()]);
      const path = `${type.endpoint}/${made.body["id"]}`;
      const read = async () => givenIn(type, (await ask("GET", `${path}?${everything(type)}`)).body);
      const before = await read();
      const answer = await ask("PATCH", path, { schemas: [PATCH_OP], Operations: [operation as unknown as Json] });
      const after = await read();
      await ask("DELETE", path);
      const expected = ofMembers(attributes, sent, outcomeOf(type, attributes, sent));
      const told = { resource: before, operation, answer: answer.text };
      if ("refused" in expected) {
        expect({ ...told, status: answer.status }).toEqual({ ...told, status: 400 });
        expect({ ...told, oneOf: expected.refused }).toEqual({
          ...told,
          oneOf: expect.arrayContaining([answer.body["scimType"]]),
        });
        expect({ ...told, after }).toEqual({ ...told, after: before });
      } else {
        expect({ ...told, status: answer.status }).toEqual({ ...told, status: answer.text === "" ? 204 : 200 });
        const wanted = givenIn(type, expected.after);
        expect({ ...told, after: unordered(after) }).toEqual({ ...told, after: unordered(wanted) });
      }
    };
    await fc.assert(fc.asyncProperty(oneOf(cases), fc.nat(1), property), { numRuns: RUNS });
  }, 60_000);

  it("selects by a filter what a second evaluator selects, or refuses it", async () => {
    const isGiven = ({ mutability }: { mutability: string }) =>
      mutability === "readWrite" || mutability === "immutable";
    for (const variant of [0, 1] as Variant[]) {
      const attributes = withPeople(type, resourceWith(type, variant, isGiven, isGiven));
      const made = await ask("POST", type.endpoint, bodyOf(type, attributes));
      expect([made.status, made.text]).toEqual([201, expect.anything()]);
    }
    const all = (await ask("GET", `${type.endpoint}?count=100&${everything(type)}`)).body["Resources"] as JsonObject[];
    const cases = operators.flatMap((operator) => [...filterCases(type, operator)]);
    const property = async ({ text, isOne }: { text: string; isOne: boolean }) => {
      const answer = await ask("GET", `${type.endpoint}?count=100&attributes=id&filter=${encodeURIComponent(text)}`);
      if (!isOne) {
        expect([text, answer.status, answer.body["scimType"]]).toEqual([text, 400, "invalidFilter"]);
        return;
      }
      const test = referenceFilter(type, text);
      const expected = all.filter((one) => test(one)).map(({ id }) => id);
      const found = ((answer.body["Resources"] ?? []) as JsonObject[]).map(({ id }) => id);
      expect([text, answer.status, found.toSorted()]).toEqual([text, 200, expected.toSorted()]);
    };
    await fc.assert(fc.asyncProperty(oneOf(cases), property), { numRuns: 2 * RUNS });
  }, 60_000);
});
