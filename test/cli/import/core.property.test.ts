// The pure core: what is copied, what differs, who is who.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { difference, referenceDifference } from "../../../src/cli/import/core/difference.ts";
import { type Candidate, identityOf, MATCH_MODES, match } from "../../../src/cli/import/core/match.ts";
import { memberChange, wantedMembers } from "../../../src/cli/import/core/members.ts";
import { project } from "../../../src/cli/import/core/project.ts";
import { shapesIn } from "../../../src/cli/scim-client/discovery.ts";
import { schemaResource } from "../../../src/scim/discovery/schema-resource.ts";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { patchOpUrn } from "../../../src/scim/messages.ts";
import { applyPatch } from "../../../src/scim/patch/apply.ts";
import { parsePatch } from "../../../src/scim/patch/operations.ts";
import { parseResource } from "../../../src/scim/resource/parse.ts";
import { schemasOf } from "../../../src/scim/resource/schemas.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { arbitraryMess, arbitraryUser, hostileNames } from "../../scim/arbitraries.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const attributesOf = (resource: JsonObject): JsonObject => project(userType, resource).attributes;
const patched = (current: JsonObject, operations: readonly object[]): JsonObject =>
  operations.length === 0
    ? current
    : applyPatch(userType, current, parsePatch(userType, { schemas: [patchOpUrn], Operations: operations }));

describe("what is copied", () => {
  it("is taken by the target as it stands, whatever the source sends", () => {
    fc.assert(
      fc.property(arbitraryMess(userType), (mess) => {
        const { attributes } = project(userType, mess);
        if (typeof attributes["userName"] !== "string") return;
        const body = { schemas: schemasOf(userType, attributes), ...attributes };
        try {
          parseResource(userType, body, "create");
        } catch (error) {
          // What is left to the target to refuse: values of the right type with the wrong content.
          expect((error as Error).message).not.toMatch(/has no (sub-)?attribute|, not an? |schemas|primary/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is all that can be written, once it is", () => {
    fc.assert(
      fc.property(arbitraryUser, (user) => {
        const { attributes, dropped } = project(userType, user);
        expect(dropped.filter((sentence) => !sentence.includes("primary"))).toEqual([]);
        expect(project(userType, attributes).attributes).toEqual(attributes);
      }),
    );
  });

  it("has no read-only attribute and no password; what the target does not have is said, once each", () => {
    const { attributes, references, dropped } = project(userType, {
      schemas: ["x"],
      id: "1",
      meta: { version: "1" },
      groups: [{ value: "g" }],
      password: "secret",
      USERNAME: "ada",
      shoeSize: 42,
      empty: null,
      active: "False",
      emails: [{ value: "a", primary: false, colour: "red", type: "work" }, { value: "a", type: "work" }, "b"],
      title: ["Boss"],
      nickName: ["a", "b"],
      displayName: { text: "x" },
      [ENTERPRISE.toUpperCase()]: { employeeNumber: 7, manager: { value: "2", displayName: "M" }, team: "x" },
      "urn:example:Extension": { a: 1 },
    } as unknown as JsonObject);
    expect(attributes).toEqual({
      userName: "ada",
      active: false,
      emails: [{ value: "a", type: "work" }, { value: "b" }],
      title: "Boss",
      [ENTERPRISE]: { employeeNumber: "7" },
    });
    expect(references).toEqual([{ path: `${ENTERPRISE}:manager`, multiValued: false, ids: ["2"] }]);
    expect(dropped).toEqual([
      "“shoeSize” is no attribute of a User at the target",
      "“emails.colour” is no attribute of a User at the target",
      "nickName has several values, and takes one at the target",
      "displayName is no string, which it is at the target",
      `“${ENTERPRISE}:team” is no attribute of a User at the target`,
      "“urn:example:Extension” is no extension of a User at the target",
    ]);
  });

  it.each([...hostileNames, "__proto__", "constructor", "toString"])(
    "is not moved by an attribute called %s",
    (name) => {
      const hostile = JSON.parse(`{"userName":"ada","name":{},"emails":[{"value":"x"}]}`) as JsonObject;
      for (const place of [hostile, hostile["name"] as JsonObject, (hostile["emails"] as JsonObject[])[0]!])
        Object.defineProperty(place, name, { value: { polluted: true }, enumerable: true });
      const { attributes } = project(userType, hostile);
      expect(attributes).toEqual({ userName: "ada", emails: [{ value: "x" }] });
      expect(({} as { polluted?: true }).polluted).toBeUndefined();
    },
  );

  it("follows the target's own schemas, and RFC 7643 where it shows none", () => {
    const documents = [userType.schema, groupType.schema].map((schema) => schemaResource(schema, "https://x"));
    const own = {
      name: "badge",
      type: "complex",
      multiValued: false,
      subAttributes: [{ name: "value" }, { name: "__proto__" }],
    };
    (documents[0]!["attributes"] as Json[]).push(own, { name: "constructor" }, { name: "bad name" }, "nonsense");
    const { types, assumed } = shapesIn([...documents, "nonsense", { id: 7 }], []);
    expect(assumed).toBe(false);
    const user = {
      userName: "ada",
      badge: "7",
      constructor: "x",
      [ENTERPRISE]: { department: "y" },
    } as unknown as JsonObject;
    expect(project(types.User, user)).toEqual({
      attributes: { userName: "ada", badge: { value: "7" }, constructor: "x" },
      references: [],
      dropped: [`“${ENTERPRISE}” is no extension of a User at the target`],
    });
    expect(shapesIn([], []).assumed).toBe(true);
    expect(attributesOf({ userName: "ada", [ENTERPRISE]: { department: "y" } })).toEqual({
      userName: "ada",
      [ENTERPRISE]: { department: "y" },
    });
  });
});

describe("what differs", () => {
  it("is nothing once its operations are applied, and what the source does not have stays", () => {
    fc.assert(
      fc.property(arbitraryUser, arbitraryUser, (source, target) => {
        const [wanted, current] = [attributesOf(source), attributesOf(target)];
        const after = attributesOf(
          patched(current, difference(userType, wanted, current, { exact: false }).operations),
        );
        expect(difference(userType, wanted, after, { exact: false }).operations).toEqual([]);
        for (const name of Object.keys(current))
          if (!Object.hasOwn(wanted, name)) expect(after[name]).toEqual(current[name]);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves exactly what the source has where that is wished, and never clears a name, an id or active", () => {
    const KEPT = ["externalId", "active", "displayName"];
    fc.assert(
      fc.property(arbitraryUser, arbitraryUser, (source, target) => {
        const [wanted, current] = [attributesOf(source), attributesOf(target)];
        const after = attributesOf(patched(current, difference(userType, wanted, current, { exact: true }).operations));
        const kept = KEPT.filter((name) => !Object.hasOwn(wanted, name) && Object.hasOwn(current, name));
        const expected = { ...wanted, ...Object.fromEntries(kept.map((name) => [name, current[name]!])) };
        expect(Object.keys(after).sort()).toEqual(Object.keys(expected).sort());
        expect(difference(userType, expected, after, { exact: true }).operations).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order of elements, nor on how an instant is written", () => {
    const emails = [{ value: "a" }, { value: "b" }];
    const same = { userName: "ada", emails: emails.toReversed() };
    expect(difference(userType, same, { userName: "ada", emails }, { exact: true }).operations).toEqual([]);
  });

  it("of references: the manager is replaced, kept, or cleared where that is wished", () => {
    const manager = (...ids: string[]) => [{ path: "manager", multiValued: false, ids }];
    expect(referenceDifference(manager("2"), manager("1"), { exact: false })).toEqual([
      { op: "replace", path: "manager", value: { value: "2" } },
    ]);
    expect(referenceDifference(manager("1"), manager("1"), { exact: true })).toEqual([]);
    expect(referenceDifference([], manager("1"), { exact: false })).toEqual([]);
    expect(referenceDifference([], manager("1"), { exact: true })).toEqual([{ op: "remove", path: "manager" }]);
  });
});

describe("who is who", () => {
  const candidate = (id: string, userName: string | undefined, externalId?: string): Candidate => ({
    id,
    ...identityOf("User", { ...(userName && { userName }), ...(externalId && { externalId }) }),
  });
  const ada = identityOf("User", { userName: "Ada", externalId: "e1" });
  const noId = identityOf("User", { userName: "Ada" });

  // The table of docs/importing.md.
  const cases: readonly [string, typeof ada, readonly Candidate[], string, string, string][] = [
    ["nobody is there", ada, [], "new", "new", "new"],
    ["the same name and id", ada, [candidate("1", "ADA", "e1")], "1", "1", "1"],
    ["the same name, no id there", ada, [candidate("1", "ada")], "1", "1", "1"],
    ["the same name, no id here", noId, [candidate("1", "ada", "e9")], "1", "1", "1"],
    ["the same name, another id", ada, [candidate("1", "ada", "e9")], "conflict", "1", "conflict"],
    ["another name, the same id", ada, [candidate("1", "bob", "e1")], "conflict", "new", "1"],
    ["name and id of two", ada, [candidate("1", "ada"), candidate("2", "bob", "e1")], "conflict", "1", "conflict"],
    ["the id of two", ada, [candidate("1", "eve", "e1"), candidate("2", "bob", "e1")], "conflict", "new", "conflict"],
  ];
  it.each(cases)("%s", (_, resource, candidates, both, userName, externalId) => {
    const results = MATCH_MODES.map((mode) => {
      const result = match("User", mode, resource, candidates, () => false);
      return result.is === "known" ? result.id : result.is;
    });
    expect(results).toEqual([both, userName, externalId]);
  });

  it("nobody is taken for somebody whom another one of the source is already, in any mode", () => {
    for (const mode of MATCH_MODES)
      expect(match("User", mode, ada, [candidate("1", "ada", "e1")], () => true).is).toBe("conflict");
  });

  it("groups of one name: a taken one or one with another id is in nobody's way, two that may be it are a conflict", () => {
    const team = (id: string, externalId?: string): Candidate => ({
      id,
      ...identityOf("Group", { displayName: "Team", ...(externalId && { externalId }) }),
    });
    const is = (externalId: string | undefined, candidates: readonly Candidate[], taken: readonly string[] = []) => {
      const resource = identityOf("Group", { displayName: "team", ...(externalId && { externalId }) });
      const result = match("Group", "both", resource, candidates, (id) => taken.includes(id));
      return result.is === "known" ? result.id : result.is;
    };
    expect(is(undefined, [team("1")], ["1"])).toBe("new");
    expect(is("e1", [team("1", "e2")])).toBe("new");
    expect(is("e1", [team("1", "e2"), team("2")])).toBe("2");
    expect(is("e1", [team("1"), team("2", "e1")])).toBe("2");
    expect(is(undefined, [team("1"), team("2")])).toBe("conflict");
  });

  it("one of the target is never chosen for two of the source, and never one that contradicts in both name and id", () => {
    const name = fc.constantFrom("a", "b", "A");
    const id = fc.option(fc.constantFrom("x", "y"), { nil: undefined });
    const arbitrary = fc.array(fc.tuple(name, id), { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...MATCH_MODES), name, id, arbitrary, (mode, userName, externalId, list) => {
        const candidates = list.map(([other, external], index) => candidate(String(index), other, external));
        const resource = identityOf("User", { userName, ...(externalId && { externalId }) });
        const result = match("User", mode, resource, candidates, () => false);
        if (result.is !== "known") return;
        const chosen = candidates[Number(result.id)]!;
        expect(chosen.name === resource.name || chosen.externalId === externalId).toBe(true);
        if (mode === "both") expect(chosen.name).toBe(resource.name);
      }),
    );
  });
});

describe("members", () => {
  const targetOf = (kind: string, id: string) =>
    id.startsWith(kind[0]!.toLowerCase()) || id === "7" ? `t-${kind}-${id}` : undefined;

  it("are mapped by their kind, from type, $ref or the id alone; the rest is counted", () => {
    const group = {
      Members: [
        { value: "u1", type: "User" },
        { value: "g1", $ref: "https://x/Groups/g1" },
        "u2",
        { value: "7", type: "group" },
        { value: 7 },
        { value: "nobody" },
        { value: "g9" },
        { display: "no value" },
        null,
      ],
    } as unknown as JsonObject;
    const { ids, missing } = wantedMembers(group, "t-Group-g9", targetOf as never);
    expect([...ids]).toEqual(["t-User-u1", "t-Group-g1", "t-User-u2", "t-Group-7"]);
    expect([...missing.values()]).toEqual([1, 1, 1]);
    expect([...missing.keys()].join()).toMatch(/does not say which.*was moved.*itself/u);
  });

  it("are added, and removed only where that is wished", () => {
    const change = (exact: boolean) => memberChange(new Set(["a", "b"]), new Set(["b", "c"]), { exact });
    expect(change(false)).toEqual({ add: ["a"], remove: [] });
    expect(change(true)).toEqual({ add: ["a"], remove: ["c"] });
  });
});
