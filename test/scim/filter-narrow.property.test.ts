import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { boolean, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { pathsOf } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryFilterText, arbitraryGroup, arbitraryUser } from "./arbitraries.ts";
import { parseFilterLeniently, parseFilterOver } from "./reading.ts";

const thing: ResourceType = {
  id: "Thing",
  name: "Thing",
  endpoint: "/Things",
  description: "A type that somebody configured.",
  schema: schema("urn:example:Thing", "Thing", "A thing.", [
    string("serial", "Its number."),
    boolean("active", "Whether it runs."),
    multiValued("members", "Its parts.", [string("value", "A part."), string("role", "What for.")]),
  ]),
  extensions: [],
};
const types = [userType, groupType, thing];

/** One type that has every attribute of all of them, so that a missing one is simply missing. */
const holdsOf = (filter: string, type: ResourceType, resource: JsonObject): boolean => {
  const found = parseFilterOver(types, filter).find((one) => one.type === type)!.filter;
  return typeof found === "boolean" ? found : matches(found, resource);
};
const typed = (type: ResourceType, resource: JsonObject): JsonObject => ({
  ...resource,
  meta: { resourceType: type.name },
});

describe("a filter over several resource types", () => {
  it("means for each of its own attributes what it means for the type alone", () =>
    fc.assert(
      fc.property(arbitraryFilterText(userType, pathsOf(userType)), arbitraryUser, (text, user) => {
        const resource = typed(userType, user);
        expect(holdsOf(text, userType, resource)).toBe(matches(parseFilterLeniently(userType, text), resource));
      }),
    ));

  it("finds no value at an attribute that the type does not define", () =>
    fc.assert(
      fc.property(
        arbitraryFilterText(
          userType,
          pathsOf(userType).filter(
            ({ extension, attribute: { name } }) =>
              extension !== undefined || !["schemas", "id", "externalId", "meta", "displayName"].includes(name),
          ),
        ),
        arbitraryGroup,
        (text, group) => {
          expect(holdsOf(text, groupType, typed(groupType, group))).toBe(
            matches(parseFilterLeniently(userType, text), {}),
          );
        },
      ),
    ));

  it("knows the type's name beforehand", () => {
    const kinds = (text: string) => parseFilterOver(types, text).map(({ filter }) => filter);
    expect(kinds('meta.resourceType eq "User"')).toEqual([true, false, false]);
    expect(kinds('meta.resourceType eq "user"')).toEqual([false, false, false]);
    expect(kinds('not (meta.resourceType sw "U") and meta pr')).toEqual([
      false,
      expect.objectContaining({ kind: "present" }),
      expect.objectContaining({ kind: "present" }),
    ]);
    expect(kinds('meta.resourceType eq "Thing" or userName eq "ada"')).toEqual([
      expect.objectContaining({ kind: "compare" }),
      false,
      true,
    ]);
  });

  it.each([
    ["userName ne null", ["ada"]],
    ['userName ne "ada"', ["group", "thing"]],
    ["not (userName pr)", ["group", "thing"]],
    ["userName eq null", ["group", "thing"]],
    ['emails[type eq "work"]', []],
    ['not (emails[type eq "work"])', ["ada", "group", "thing"]],
    ['members.role eq "x"', ["thing"]],
    ["urn:example:Thing:serial pr", ["thing"]],
    ['serial sw "1" or displayName eq "Admins"', ["group", "thing"]],
    ["active ne true", ["ada", "group"]],
  ])("%s", (text, found) => {
    const resources: [string, ResourceType, JsonObject][] = [
      ["ada", userType, { userName: "ada", active: false }],
      ["group", groupType, { displayName: "Admins", members: [{ value: "1" }] }],
      ["thing", thing, { serial: "1", active: true, members: [{ value: "1", role: "x" }] }],
    ];
    expect(
      resources.filter(([, type, resource]) => holdsOf(text, type, typed(type, resource))).map(([name]) => name),
    ).toEqual(found);
  });

  it("is refused where no type has the attribute, and where one of them cannot compare so", () => {
    for (const text of ['color eq "red"', 'urn:example:Thing:color eq "red"', "active gt true", 'password eq "x"'])
      expect(() => parseFilterOver(types, text)).toThrow(expect.objectContaining({ scimType: "invalidFilter" }));
    expect(() => parseFilterOver(types, 'color eq "red"')).toThrow(/no resource type has an attribute “color”/);
  });
});
