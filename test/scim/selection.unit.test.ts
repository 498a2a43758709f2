// attributes, excludedAttributes and `returned` (RFC 7644 §3.9, RFC 7643 §7).
import { describe, expect, it } from "@jest/globals";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { pathsOf, resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { isSelected, parseSelection, type SelectionParameters, select } from "../../src/scim/selection.ts";
import { hostileNames } from "./arbitraries.ts";
import { expectRefusal, frozen } from "./refusal.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const ada = frozen({
  schemas: [userType.schema.id, ENTERPRISE],
  id: "1",
  userName: "ada",
  name: { givenName: "Ada", familyName: "King" },
  emails: [{ value: "a@b.c", type: "work", primary: true }, { value: "d@e.f" }],
  [ENTERPRISE]: { department: "R&D", manager: { value: "m1", displayName: "Boss" } },
  meta: { resourceType: "User", version: 'W/"1"' },
});
const { schemas, id } = ada;
const view = (parameters: SelectionParameters) => select(ada, parseSelection(userType, parameters));

describe("attributes", () => {
  it.each<[string | string[], object]>([
    ["userName", { userName: "ada" }],
    [" USERNAME , id ,", { userName: "ada" }],
    [["username", "meta"], { userName: "ada", meta: ada.meta }],
    ["urn:ietf:params:scim:schemas:core:2.0:User:userName", { userName: "ada" }],
    ["name.givenName", { name: { givenName: "Ada" } }],
    ["name.givenName,name", { name: ada.name }],
    ["emails.type", { emails: [{ type: "work" }] }],
    ["emails.display", {}],
    [`${ENTERPRISE}:department`, { [ENTERPRISE]: { department: "R&D" } }],
    [`${ENTERPRISE.toLowerCase()}:MANAGER.VALUE`, { [ENTERPRISE]: { manager: { value: "m1" } } }],
    [ENTERPRISE, { [ENTERPRISE]: ada[ENTERPRISE] }],
    ["shoeSize", {}],
    ["groups,password", {}],
    ["meta.version", { meta: { version: 'W/"1"' } }],
  ])("%j: these, with schemas and id", (attributes, expected) =>
    expect(view({ attributes })).toEqual({ schemas, id, ...expected }),
  );
});

describe("excludedAttributes", () => {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(ada).filter(([name]) => !names.includes(name)));
  it.each<[string, object]>([
    ["emails, NAME", without("emails", "name")],
    ["id,schemas", ada],
    ["meta", without("meta")],
    ["name.givenName", { ...ada, name: { familyName: "King" } }],
    ["name.givenName,name.familyName", without("name")],
    ["emails.value", { ...ada, emails: [{ type: "work", primary: true }] }],
    [`${ENTERPRISE}:manager.value`, { ...ada, [ENTERPRISE]: { department: "R&D", manager: { displayName: "Boss" } } }],
    [`${ENTERPRISE}:manager,${ENTERPRISE}:department`, without(ENTERPRISE)],
    [ENTERPRISE, without(ENTERPRISE)],
  ])("%s: all but these", (excludedAttributes, expected) => expect(view({ excludedAttributes })).toEqual(expected));
});

describe("a selection", () => {
  it("of nothing in particular, or of all that is there, is the very same object", () => {
    expect(view({})).toBe(ada);
    expect(view({ attributes: "", excludedAttributes: [] })).toBe(ada);
    expect(view({ attributes: Object.keys(ada) })).toBe(ada);
    expect(view({ excludedAttributes: "title,shoeSize" })).toBe(ada);
  });

  it("never returns a password, whoever put it there", () => {
    const leaking = frozen({ ...ada, password: "secret" });
    for (const parameters of [{}, { attributes: "password,userName" }, { excludedAttributes: "name" }])
      expect(select(leaking, parseSelection(userType, parameters), new Set(["password"]))).not.toHaveProperty(
        "password",
      );
  });

  it("has either parameter, not both", () =>
    expectRefusal(() => parseSelection(userType, { attributes: "a", excludedAttributes: "b" }), {
      scimType: "invalidValue",
    }));

  it.each(hostileNames)("ignores %s", (name) =>
    expect(view({ attributes: ["userName", name] })).toEqual({ schemas, id, userName: "ada" }),
  );

  it.each<[SelectionParameters, boolean]>([
    [{}, true],
    [{ attributes: "members" }, true],
    [{ attributes: "members.value" }, true],
    [{ attributes: "displayName" }, false],
    [{ excludedAttributes: "Members" }, false],
    [{ excludedAttributes: "members.value" }, true],
    [{ excludedAttributes: "displayName" }, true],
  ])("says whether members are needed: %j: %j", (parameters, needed) =>
    expect(isSelected(parseSelection(groupType, parameters), resolvePath(groupType, "members")!)).toBe(needed),
  );

  it("says of every path what select does", () => {
    for (const parameters of [
      {},
      { attributes: "name,emails.value" },
      { excludedAttributes: `name.givenName,emails,${ENTERPRISE}` },
    ])
      for (const path of pathsOf(userType)) {
        const leaf = path.sub === undefined ? "x" : { [path.sub.name]: "x" };
        const value = path.attribute.multiValued && path.sub ? [leaf] : leaf;
        const inside = { [path.attribute.name]: value };
        const resource = path.extension === undefined ? inside : { [path.extension]: inside };
        const selection = parseSelection(userType, parameters);
        const whole = path.sub === undefined ? isSelected(selection, path) : undefined;
        const seen = Object.keys(select(resource, selection)).length > 0;
        if (path.attribute.subAttributes === undefined || path.sub)
          expect([path.text, seen]).toEqual([path.text, whole ?? isSelected(selection, path)]);
      }
  });
});

describe("returned", () => {
  const thing: ResourceType = {
    id: "Thing",
    name: "Thing",
    endpoint: "/Things",
    description: "",
    schema: schema("urn:example:Thing", "Thing", "", [
      string("serial", "", { returned: "always" }),
      string("photo", "", { returned: "request" }),
      complex("place", "", [
        string("site", "", { returned: "always" }),
        string("plan", "", { returned: "request" }),
        string("room", ""),
      ]),
      multiValued("parts", "", [string("value", ""), string("pin", "", { returned: "never" })]),
      complex("crew", "", [string("value", ""), string("lead", "", { returned: "request" }), string("note", "")], {
        returned: "request",
      }),
    ]),
    extensions: [],
  };
  const resource = frozen({
    id: "1",
    serial: "s",
    photo: "p",
    place: { site: "a", plan: "b", room: "c" },
    parts: [{ value: "v", pin: "1" }, { pin: "2" }],
    crew: { lead: "l", note: "n", value: "v" },
  });
  const see = (parameters: SelectionParameters, ...sent: string[]) =>
    select(resource, parseSelection(thing, parameters), new Set(sent));

  it("request: if it is named or was sent", () => {
    const shown = { id: "1", serial: "s", place: { site: "a", room: "c" }, parts: [{ value: "v" }] };
    expect(see({})).toEqual(shown);
    expect(see({}, "photo")).toEqual({ ...shown, photo: "p" });
    expect(see({}, "place")).toEqual({ ...shown, place: resource.place });
    expect(see({}, "place.plan")).toEqual({ ...shown, place: resource.place });
    expect(see({}, "place.room")).toEqual(shown);
    expect(see({}, "crew.note")).toEqual({ ...shown, crew: { note: "n", value: "v" } });
    expect(see({}, "crew.lead")).toEqual({ ...shown, crew: resource.crew });
    expect(see({}, "crew")).toEqual({ ...shown, crew: resource.crew });
    expect(see({ attributes: "photo" })).toEqual({ id: "1", serial: "s", photo: "p" });
    expect(see({ excludedAttributes: "photo,parts" }, "photo")).toEqual({ id: "1", serial: "s", place: shown.place });
  });
  it("always: even if it is excluded or another is named", () => {
    expect(see({ excludedAttributes: "serial,place.site,parts" })).toHaveProperty("place.site", "a");
    expect(see({ attributes: "place.room" })).toEqual({ id: "1", serial: "s", place: { site: "a", room: "c" } });
  });
});
