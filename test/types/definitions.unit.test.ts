// What may be defined, and what may become of a definition that is in use.
import { describe, expect, it } from "@jest/globals";
import { decideDefinition, evolveDefinitions } from "../../src/domain/definition-commands.ts";
import { definitionsText, readDefinitions } from "../../src/projections/definitions/definitions.ts";
import { ScimError } from "../../src/scim/errors.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { DEFINITION_LIMITS } from "../../src/scim/schema/admission.ts";
import type { Schema } from "../../src/scim/schema/characteristics.ts";
import { type Definitions, noDefinitions, typesOf } from "../../src/scim/schema/definitions.ts";
import { type Population, refuseSchemaChange } from "../../src/scim/schema/evolution.ts";
import { readResourceType } from "../../src/scim/schema/read-resource-type.ts";
import { readSchema, SCHEMA_LIMITS } from "../../src/scim/schema/read-schema.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { builtInTypes } from "../../src/scim/schema/type-set.ts";

const THING = "urn:example:2.0:Thing";
const SITE = "urn:example:2.0:Site";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError) return `${error.status} ${error.message}`;
    throw error;
  }
  return "no refusal";
};

const schema = (attribute: JsonObject | JsonObject[] = { name: "label" }, id = THING): JsonObject => ({
  id,
  attributes: Array.isArray(attribute) ? attribute : [attribute],
});
const complex = (...subAttributes: JsonObject[]): JsonObject => ({ name: "parts", type: "complex", subAttributes });

describe("a schema", () => {
  it("takes the defaults of RFC 7643 §2.2", () => {
    expect(readSchema(schema())).toEqual({
      id: THING,
      name: "Thing",
      description: "",
      attributes: [
        {
          name: "label",
          type: "string",
          multiValued: false,
          description: "",
          required: false,
          caseExact: false,
          mutability: "readWrite",
          returned: "default",
          uniqueness: "none",
        },
      ],
    });
  });

  it("may have attributes whose names are words of filters, as long as a filter can name them", () => {
    const names = ["and", "or", "eq", "pr", "true", "null"];
    const one = readSchema(schema([...names.map((name) => ({ name })), complex(...names.map((name) => ({ name })))]));
    const type = { ...userType, schema: one, extensions: [] };
    for (const name of names)
      for (const text of [`${name} eq "x"`, `${name} pr and ${name} pr or ${name} pr`, `not (${name} pr)`])
        for (const filter of [text, `parts[${text}]`]) expect(() => parseFilter(type, filter)).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ["no object", [], /^400 The schema must be a JSON object/],
    ["an unknown member", { ...schema(), atributes: [] }, /^400 The schema has a member “atributes”/],
    ["no id", { attributes: [{ name: "a" }] }, /^400 .*id is required/],
    ["an id that is no URN", schema({ name: "a" }, "https://example.com/thing"), /^400 .*no URN/],
    ["a URN with an empty part", schema({ name: "a" }, "urn:example::x"), /^400 .*no URN/],
    ["a URN with a quotation mark", schema({ name: "a" }, 'urn:example:"x'), /^400 .*no URN/],
    ["no attributes", { id: THING, attributes: [] }, /^400 .*at least one attribute/],
    ["a name that begins with a digit", schema({ name: "1a" }), /^400 .*attributes\[0\].*“1a”/],
    ["a name with a dot", schema({ name: "a.b" }), /^400 .*“a\.b”/],
    ["a name with a colon", schema({ name: "a:b" }), /^400 .*“a:b”/],
    ["__proto__", schema({ name: "__proto__" }), /^400 .*“__proto__”/],
    ["constructor", schema({ name: "constructor" }), /^400 .*“constructor”/],
    ["toString", schema(complex({ name: "toString" })), /^400 .*“toString”/],
    ["a word that a filter reads otherwise", schema({ name: "Not" }), /^400 .*“Not”/],
    ["the same of a sub-attribute", schema(complex({ name: "not" })), /^400 .*“not”/],
    ["a common attribute", schema({ name: "ExternalID" }), /^400 ExternalID is an attribute of every resource/],
    ["two names in one", schema([{ name: "a" }, { name: "A" }]), /^400 .*two attributes “A”/],
    ["an unknown type", schema({ name: "a", type: "text" }), /^400 .*\(a\): type is “"text"”/],
    [
      "a characteristic of another type",
      schema({ name: "a", required: "yes" }),
      /^400 .*required must be true or false/,
    ],
    ["a misspelled characteristic", schema({ name: "a", mutablity: "readOnly" }), /^400 .*“mutablity”/],
    ["complex within complex", schema(complex({ ...complex({ name: "b" }), name: "c" })), /^400 .*§2\.3\.8/],
    ["complex without parts", schema(complex()), /^400 .*subAttributes must hold at least one/],
    [
      "parts of what is simple",
      schema({ name: "a", subAttributes: [{ name: "b" }] }),
      /^400 .*for the type complex alone/,
    ],
    [
      "readOnly and required",
      schema({ name: "a", mutability: "readOnly", required: true }),
      /^400 .*no client could give/,
    ],
    [
      "readOnly and never returned",
      schema({ name: "a", mutability: "readOnly", returned: "never" }),
      /^400 .*nobody could write or read it/,
    ],
    [
      "immutable and never returned",
      schema({ name: "a", mutability: "immutable", returned: "never" }),
      /^400 .*\(a\): returned cannot be never for immutable: .* is not kept.* Make it readWrite/,
    ],
    [
      "an immutable part that is never returned",
      schema(complex({ name: "b" }, { name: "c", mutability: "immutable", returned: "never" })),
      /^400 .*\(c\): returned cannot be never for immutable/,
    ],
    [
      "an immutable whole of which nothing is returned",
      schema({ ...complex({ name: "b", returned: "never" }), mutability: "immutable" }),
      /^400 .*\(parts\): returned cannot be never for immutable/,
    ],
    [
      "an immutable part of what is never returned",
      schema({ ...complex({ name: "b", mutability: "immutable" }), returned: "never" }),
      /^400 .*\(parts\): subAttributes cannot be immutable where the whole is never returned/,
    ],
    [
      "unique and never returned",
      schema({ name: "a", returned: "never", uniqueness: "server" }),
      /^400 .*uniqueness must be none/,
    ],
    ["writeOnly and shown", schema({ name: "a", mutability: "writeOnly" }), /^400 .*must be never for writeOnly/],
    ["unique flags", schema({ name: "a", type: "boolean", uniqueness: "server" }), /^400 .*uniqueness must be none/],
    ["unique lists", schema({ name: "a", multiValued: true, uniqueness: "server" }), /^400 .*uniqueness must be none/],
    ["unique parts", schema(complex({ name: "b", uniqueness: "global" })), /^400 .*uniqueness must be none/],
    ["references of a text", schema({ name: "a", referenceTypes: ["User"] }), /^400 .*for the type reference alone/],
    [
      "suggestions for a flag",
      schema({ name: "a", type: "boolean", canonicalValues: ["x"] }),
      /^400 .*canonicalValues/,
    ],
    ["half a surrogate pair", schema({ name: "a", description: "\ud800" }), /^400 .*Unicode/],
    [
      "too many attributes",
      schema(Array.from({ length: SCHEMA_LIMITS.attributes + 1 }, (_, i) => ({ name: `a${i}` }))),
      /^400 .*it may have 200/,
    ],
    [
      "too much text",
      schema(Array.from({ length: 200 }, (_, i) => ({ name: `a${i}`, description: "x".repeat(1_000) }))),
      /^400 The schema is longer/,
    ],
  ])("with %s is refused", (_, json, says) => expect(refusal(() => readSchema(json))).toMatch(says));
});

describe("a resource type", () => {
  const type = (more: object) => ({ name: "Thing", endpoint: "/Things", schema: THING, ...more });
  it.each<[string, unknown, RegExp]>([
    ["a name with a blank", type({ name: "My Thing" }), /^400 .*“My Thing”/],
    ["an id that is not its name", type({ id: "thing" }), /^400 .*id must be the name/],
    ["an endpoint of two segments", type({ endpoint: "/Things/All" }), /^400 .*“\/Things\/All”/],
    ["an endpoint without slash", type({ endpoint: "Things" }), /^400 .*“Things”/],
    ["an endpoint that is an Express pattern", type({ endpoint: "/:id" }), /^400 .*“\/:id”/],
    ["an extension twice", type({ schemaExtensions: [{ schema: SITE }, { schema: SITE }] }), /^400 .*twice/],
    [
      "an extension that says more",
      type({ schemaExtensions: [{ schema: SITE, optional: true }] }),
      /^400 .*“optional”/,
    ],
  ])("with %s is refused", (_, json, says) => expect(refusal(() => readResourceType(json))).toMatch(says));
});

/** Definitions in the making; `population` of every type. */
class Defining {
  definitions: Definitions = noDefinitions;
  population: Population = "none";

  get #populations() {
    const names = ["user", "group", ...this.definitions.types.keys()];
    return new Map(names.map((name) => [name, this.population]));
  }
  #do(change: object): number {
    const command = { ...change, tenant: "acme", populations: this.#populations };
    const events = decideDefinition(command as never, this.definitions);
    this.definitions = events.reduce(evolveDefinitions, this.definitions);
    return events.length;
  }
  schema(json: JsonObject): number {
    return this.#do({ type: "DefineSchema", schema: readSchema(json) });
  }
  type(json: JsonObject): number {
    return this.#do({ type: "DefineResourceType", resourceType: readResourceType(json) });
  }
  retireSchema(urn: string): number {
    return this.#do({ type: "RetireSchema", urn });
  }
  retireType(name: string): number {
    return this.#do({ type: "RetireResourceType", name });
  }
}

const things = (more: object = {}): JsonObject => ({ name: "Thing", endpoint: "/Things", schema: THING, ...more });
const defined = (): Defining => {
  const defining = new Defining();
  defining.schema(schema([{ name: "label" }, complex({ name: "value" }), { name: "code", uniqueness: "server" }]));
  defining.schema(schema({ name: "town" }, SITE));
  defining.type(things());
  return defining;
};

describe("a definition", () => {
  it("writes no event where it says nothing new, in whatever order its members come", () => {
    const defining = defined();
    const again = schema([{ name: "label" }, complex({ name: "value" }), { uniqueness: "server", name: "code" }]);
    expect([defining.schema(again), defining.type(things({ id: "Thing" }))]).toEqual([0, 0]);
    expect(defining.schema({ ...again, description: "New." })).toBe(1);
  });

  it("is kept word for word by the read models", () => {
    const defining = defined();
    defining.retireType("Thing");
    const text = definitionsText(defining.definitions);
    expect(readDefinitions(text)).toEqual(defining.definitions);
    expect(definitionsText(readDefinitions(text))).toBe(text);
  });

  it("costs a tenant without any nothing: all of them share the same types", () =>
    expect(typesOf(noDefinitions)).toBe(builtInTypes));

  it.each<[string, (defining: Defining) => unknown, RegExp]>([
    ["a schema of every tenant", (d) => d.schema(schema({ name: "a" }, USER)), /^400 .*schema of the service itself/],
    [
      "a discovery schema",
      (d) => d.schema(schema({ name: "a" }, "urn:ietf:params:scim:schemas:core:2.0:Schema")),
      /^400/,
    ],
    ["a message", (d) => d.schema(schema({ name: "a" }, "urn:ietf:params:scim:api:messages:2.0:PatchOp")), /^400/],
    [
      "a type on a schema that is not there",
      (d) => d.type(things({ schema: "urn:example:no" })),
      /^400 There is no schema/,
    ],
    [
      "a type on a schema of every tenant",
      (d) => d.type(things({ name: "P", endpoint: "/P", schema: USER })),
      /^400 .*schemas of your own/,
    ],
    ["an endpoint of the service", (d) => d.type(things({ name: "B", endpoint: "/bulk" })), /^400 endpoint/],
    ["the endpoint of users", (d) => d.type(things({ name: "B", endpoint: "/users" })), /^400 endpoint/],
    ["the endpoint of another type", (d) => d.type(things({ name: "B", endpoint: "/THINGS" })), /^409 endpoint/],
    ["a name with another meaning", (d) => d.type(things({ name: "tenant", endpoint: "/B" })), /^400 name/],
    ["users elsewhere", (d) => d.type({ name: "User", endpoint: "/People", schema: USER }), /^400 User is built in/],
    ["users without what they have", (d) => d.type({ name: "User", endpoint: "/Users", schema: USER }), /^400 .*stays/],
    [
      "a required extension of users",
      (d) =>
        d.type({
          name: "User",
          endpoint: "/Users",
          schema: USER,
          schemaExtensions: [{ schema: ENTERPRISE }, { schema: SITE, required: true }],
        }),
      /^400 .*cannot be required/,
    ],
    [
      "a schema as its own extension",
      (d) => d.type(things({ schemaExtensions: [{ schema: THING }] })),
      /^400 .*extension too/,
    ],
    [
      "an extension that reads like an attribute",
      (d) => {
        d.schema(schema({ name: "a" }, `${THING}:LABEL`));
        d.type(things({ schemaExtensions: [{ schema: `${THING}:label` }] }));
      },
      /^400 .*reads like the attribute/,
    ],
    ["the retirement of a schema in use", (d) => d.retireSchema(THING), /^409 The resource type Thing uses/],
    ["the retirement of what is not there", (d) => d.retireSchema("urn:example:no"), /^404/],
    ["the retirement of users", (d) => d.retireType("User"), /^409/],
    ["the retirement of no type", (d) => d.retireType("Nothing"), /^404/],
  ])("of %s is refused", (_, act, says) => expect(refusal(() => act(defined()))).toMatch(says));

  it("of more than a tenant may have is refused", () => {
    const defining = new Defining();
    for (let i = 0; i < DEFINITION_LIMITS.schemas; i++) defining.schema(schema({ name: "a" }, `urn:example:s${i}`));
    expect(refusal(() => defining.schema(schema({ name: "a" }, "urn:example:more")))).toMatch(
      /^409 The tenant has 100/,
    );
  });

  describe("that comes, with all others, to more than the service should have to look at is refused", () => {
    const large = (id: string, name = "a"): JsonObject =>
      schema(
        Array.from({ length: 10 }, (_, i) => ({
          name: `${name}${i}`,
          type: "complex",
          subAttributes: Array.from({ length: 99 }, (_, j) => ({ name: `s${j}` })),
        })),
        id,
      );
    const urns = Array.from({ length: 10 }, (_, i) => `urn:example:large${i}`);

    it("in its schemas", () => {
      const defining = new Defining();
      for (const urn of urns) expect(defining.schema(large(urn))).toBe(1);
      expect(refusal(() => defining.schema(schema({ name: "a" }, "urn:example:more")))).toMatch(
        /^409 The tenant would have 10001 attributes of its schemas; it may have 10000/,
      );
      expect(defining.schema(large(urns[0]!))).toBe(0);
      expect(defining.schema(schema({ name: "a" }, urns[0]!))).toBe(1);
      expect(defining.schema(schema({ name: "a" }, "urn:example:more"))).toBe(1);
    });

    it("in its types, of which each has its schemas for itself", () => {
      const defining = new Defining();
      for (const urn of urns.slice(0, 5)) defining.schema(large(urn));
      const type = (i: number, extensions = urns.slice(1, 5)) =>
        defining.type({
          name: `T${i}`,
          endpoint: `/T${i}`,
          schema: urns[0]!,
          schemaExtensions: extensions.map((one) => ({ schema: one, required: false })),
        });
      expect([type(0), type(1)]).toEqual([1, 1]);
      const tooMuch = /^409 The tenant would have 1\d+ attributes of its resource types/;
      expect(refusal(() => type(2, []))).toMatch(tooMuch);
      const grown = {
        ...large(urns[3]!),
        attributes: [...(large(urns[3]!)["attributes"] as JsonObject[]), { name: "z" }],
      };
      expect(refusal(() => defining.schema(grown))).toMatch(tooMuch);
    });

    it("in their text", () => {
      const defining = new Defining();
      const wordy = (id: string) =>
        schema(
          Array.from({ length: 190 }, (_, i) => ({ name: `a${i}`, description: "x".repeat(800) })),
          id,
        );
      const define = () => {
        for (let i = 0; i < DEFINITION_LIMITS.schemas; i++) defining.schema(wordy(`urn:example:wordy${i}`));
      };
      expect(refusal(define)).toMatch(/^409 The tenant would have \d+ characters of its schemas as JSON/);
    });
  });
});

const label = { name: "label" };
const parts = complex({ name: "value" });
const code = { name: "code", uniqueness: "server" };

describe("while resources exist", () => {
  const changes: readonly [string, JsonObject[], RegExp | undefined][] = [
    ["a new optional attribute", [label, parts, code, { name: "new" }], undefined],
    ["a new part", [label, complex({ name: "value" }, { name: "more" }), code], undefined],
    ["another description", [{ ...label, description: "Other." }, parts, code], undefined],
    ["suggested values", [{ ...label, canonicalValues: ["a"] }, parts, code], undefined],
    ["immutable from now on", [{ ...label, mutability: "immutable" }, parts, code], undefined],
    ["shown on request", [{ ...label, returned: "request" }, parts, code], undefined],
    ["a new attribute that is required", [label, parts, code, { name: "new", required: true }], /cannot be required/],
    ["an attribute less", [label, parts], /code cannot be removed/],
    ["a part less", [label, complex({ name: "other" }), code], /parts\.value cannot be removed/],
    ["another type", [{ ...label, type: "integer" }, parts, code], /type cannot change from string to integer/],
    ["a list of it", [{ ...label, multiValued: true }, parts, code], /multiValued cannot change/],
    ["case", [{ ...label, caseExact: true }, parts, code], /caseExact cannot change/],
    ["uniqueness", [{ ...label, uniqueness: "server" }, parts, code], /uniqueness cannot change/],
    ["no uniqueness", [label, parts, { name: "code" }], /uniqueness cannot change/],
    ["required", [{ ...label, required: true }, parts, code], /cannot become required/],
    ["a secret", [{ ...label, returned: "never" }, parts, code], /written as a secret/],
    ["readOnly", [{ ...label, mutability: "readOnly" }, parts, code], /mutability cannot change/],
  ];

  it.each(changes)("%s is taken, or refused with the reason", (_, attributes, says) => {
    const defining = defined();
    defining.population = "live";
    const told = refusal(() => defining.schema(schema(attributes)));
    if (says === undefined) expect(told).toBe("no refusal");
    else expect(told).toMatch(new RegExp(`^409 .*${says.source}`));
  });

  it("what version 0.2.0 let be immutable or unique though it is never returned may cease to be", () => {
    const older = (more: object) =>
      readSchema(schema({ name: "pin", returned: "never" })).attributes.map((pin) => ({ ...pin, ...more }));
    for (const more of [{ mutability: "immutable" }, { uniqueness: "server" }]) {
      const before = { ...readSchema(schema({ name: "pin" })), attributes: older(more) } as Schema;
      const after = { ...before, attributes: older({}) } as Schema;
      expect(refusal(() => refuseSchemaChange(before, after, "live"))).toBe("no refusal");
      const writeOnly = { ...before, attributes: older({ mutability: "writeOnly" }) } as Schema;
      expect(refusal(() => refuseSchemaChange(before, writeOnly, "live"))).toMatch(/mutability cannot change/);
    }
  });

  it.each(changes)("before there were any, %s is taken", (_, attributes) => {
    const defining = defined();
    expect(refusal(() => defining.schema(schema(attributes)))).toBe("no refusal");
  });

  it("a type gets extensions and loses none, moves nowhere, and is not retired", () => {
    const defining = defined();
    defining.population = "live";
    expect(defining.type(things({ schemaExtensions: [{ schema: SITE }] }))).toBe(1);
    expect(refusal(() => defining.type(things()))).toMatch(/^409 The extension .* cannot be removed/);
    expect(refusal(() => defining.type(things({ endpoint: "/Others" })))).toMatch(/^409 The endpoint/);
    expect(refusal(() => defining.type(things({ schema: SITE })))).toMatch(/^409 The schema/);
    const required = things({ schemaExtensions: [{ schema: SITE, required: true }] });
    expect(refusal(() => defining.type(required))).toMatch(/^409 .*cannot be required/);
    expect(refusal(() => defining.retireType("thing"))).toMatch(/^409 There are resources/);
  });
});

describe("once all resources are gone", () => {
  it("a retired type is no longer served, still reads its past, and comes back only as it was", () => {
    const defining = defined();
    defining.population = "past";
    defining.retireType("Thing");
    const types = typesOf(defining.definitions);
    expect([types.byName("Thing"), types.byEndpoint("/things")]).toEqual([undefined, undefined]);
    expect(types.ever("thing")?.schema.id).toBe(THING);
    expect(defining.retireSchema(THING)).toBe(1);
    expect(types.schemas.map(({ id }) => id)).toContain(THING);
    expect(typesOf(defining.definitions).schemas.map(({ id }) => id)).not.toContain(THING);
    expect(refusal(() => defining.schema(schema({ name: "other" })))).toMatch(/^409/);
    expect(defining.schema(schema([label, parts, code, { name: "must", required: true }]))).toBe(1);
    expect(refusal(() => defining.type(things({ endpoint: "/Others" })))).toMatch(/^409/);
    expect(defining.type(things())).toBe(1);
    expect(typesOf(defining.definitions).byEndpoint("Things")?.name).toBe("Thing");
  });
});
