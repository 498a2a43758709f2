// Bodies of SCIM requests, mostly right and partly wrong, from the schemas.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { oneValue, type Variant, wholeValue, wrongValues } from "../../rfc/generated/values.ts";
import { type Target, textOf } from "../../rfc/reference/schema.ts";
import { anyJson, oddName, oddTexts } from "./json.ts";
import { pathsOf } from "./paths.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const variant = (random: Random): Variant => random.below(3) as Variant;

/** The value of an attribute: right, wrong, or anything. */
const valueFor = (random: Random, { attribute, sub }: Target, whole: boolean): Json => {
  const leaf = sub ?? attribute;
  return random.weighted<() => Json>([
    [30, () => (whole ? wholeValue(leaf, variant(random)) : oneValue(leaf, variant(random)))],
    [2, () => (leaf.type === "string" ? random.pick(oddTexts) : random.pick(wrongValues(leaf)))],
    [2, () => anyJson(random)],
    [1, () => random.pick<Json>([null, [], {}, "", [null]])],
  ])();
};

const isKept = ({ attribute }: Target): boolean => attribute.mutability !== "readOnly";

/** A resource to create or to replace one with. */
export const resourceFor = (random: Random, type: ResourceType, world: World): JsonObject => {
  const all = pathsOf(type).filter(({ sub }) => sub === undefined);
  const body: JsonObject = {};
  const urns = new Set([type.schema.id]);
  const put = (target: Target, value: Json) => {
    const { urn, attribute } = target;
    const name = random.chance(0.05) ? attribute.name.toUpperCase() : attribute.name;
    if (urn === undefined) body[name] = value;
    else {
      urns.add(urn);
      body[urn] = { ...(body[urn] as JsonObject | undefined), [name]: value };
    }
  };
  for (const target of all)
    if (!target.attribute.required && random.chance(0.12) && (isKept(target) || random.chance(0.2)))
      put(target, valueFor(random, target, true));
  // What is required is there, but seldom not; texts are mostly nobody else's.
  for (const target of all) {
    const { urn, attribute } = target;
    if (!attribute.required || !isKept(target) || random.chance(0.03)) continue;
    if (urn !== undefined && !urns.has(urn)) continue;
    const isName = attribute.type === "string" && !attribute.multiValued && random.chance(0.9);
    put(target, isName ? `${attribute.name} ${random.below(1e9)}` : valueFor(random, target, true));
  }
  if (type.name === "Group" && random.chance(0.5))
    body["members"] = random.times(4, () => ({ value: world.idsOf(random.pick(["/Users", "/Groups"])).pick(random) }));
  if (random.chance(0.05)) body[oddName(random)] = anyJson(random);
  if (!random.chance(0.04)) body["schemas"] = random.chance(0.95) ? [...urns] : anyJson(random);
  return body;
};

const pathFor = (random: Random, type: ResourceType): readonly [Target, string] => {
  const target = random.pick(pathsOf(type));
  const text = textOf(target);
  const { urn, attribute, sub } = target;
  const whole = textOf(urn === undefined ? { attribute } : { urn, attribute });
  const filter = () =>
    random.pick([
      'value eq "a"',
      'type eq "work"',
      "primary eq true",
      "value pr",
      "not (type pr)",
      'display co "a" or value ew "b"',
      "",
      "nonsense",
      "value eq",
    ]);
  const path = random.weighted<() => string>([
    [6, () => text],
    [3, () => `${whole}[${filter()}]${sub === undefined ? "" : `.${sub.name}`}`],
    [1, () => text.toUpperCase()],
    [1, () => text + random.pick([".", ".x", "[", "]", "[0]", " ", "\u0000", ".value.value", '[value eq "a"', "/0"])],
    [
      1,
      () =>
        random.pick(["", "__proto__", "$", "/", "urn:", type.schema.id, urn ?? "constructor", 'members[value eq "x"]']),
    ],
  ])();
  return [target, path];
};

const operationFor = (random: Random, type: ResourceType, world: World): Json => {
  if (random.chance(0.03)) return anyJson(random);
  const op = random.weighted([
    [12, random.pick(["add", "replace", "remove"])],
    [1, random.pick(["Add", "REPLACE", "Remove", "move", "test", ""])],
  ] as const);
  if (type.name === "Group" && random.chance(0.4)) {
    const value = world.idsOf(random.pick(["/Users", "/Users", "/Groups"])).pick(random);
    return random.chance(0.5)
      ? { op: "add", path: "members", value: [{ value }] }
      : { op: "remove", path: `members[value eq "${value}"]` };
  }
  const [target, path] = pathFor(random, type);
  const operation: JsonObject = { op };
  if (!random.chance(0.15)) operation["path"] = path;
  const value = valueFor(random, target, target.sub === undefined && random.chance(0.7));
  if (op !== "remove" || random.chance(0.1))
    operation["value"] =
      operation["path"] !== undefined
        ? value
        : target.urn === undefined
          ? { [target.attribute.name]: value }
          : { [target.urn]: { [target.attribute.name]: value } };
  if (random.chance(0.03)) operation[oddName(random)] = anyJson(random);
  return operation;
};

export const patchFor = (random: Random, type: ResourceType, world: World): JsonObject => ({
  schemas: random.chance(0.96) ? ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] : anyJson(random),
  Operations: random.chance(0.97)
    ? [operationFor(random, type, world), ...random.times(2, () => operationFor(random, type, world))]
    : anyJson(random),
});

export const bulkFor = (random: Random, types: readonly ResourceType[], world: World): JsonObject => {
  const operation = (n: number): Json => {
    if (random.chance(0.03)) return anyJson(random);
    const type = random.pick(types);
    const method = random.pick([
      "POST",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      random.chance(0.9) ? "PATCH" : random.pick(["GET", "post", "", "HEAD"]),
    ]);
    const id = random.chance(0.2) ? `bulkId:b${random.below(5)}` : world.idsOf(type.endpoint).pick(random);
    const path = method === "POST" ? type.endpoint : `${type.endpoint}/${id}`;
    const one: JsonObject = {
      method,
      path: random.chance(0.95)
        ? path
        : random.pick(["", "/", "/Bulk", "/Me", "/.search", "Users", "/Users/../Groups", "\u0000"]),
    };
    if (random.chance(0.85)) one["bulkId"] = random.chance(0.95) ? `b${n}` : anyJson(random);
    if (method === "POST" || method === "PUT") one["data"] = resourceFor(random, type, world);
    if (method === "PATCH")
      one["data"] = random.chance(0.7)
        ? patchFor(random, type, world)
        : (patchFor(random, type, world)["Operations"] as Json);
    if (type.name === "Group" && method === "POST" && random.chance(0.5))
      (one["data"] as JsonObject)["members"] = [{ value: `bulkId:b${random.below(6)}` }];
    if (random.chance(0.1)) one["version"] = random.chance(0.7) ? world.versions.pick(random) : anyJson(random);
    if (random.chance(0.02)) one[oddName(random)] = anyJson(random);
    return one;
  };
  const body: JsonObject = {
    schemas: random.chance(0.97) ? ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"] : anyJson(random),
    Operations: random.chance(0.96)
      ? Array.from({ length: random.chance(0.97) ? 1 + random.below(6) : 0 }, (_, n) => operation(n))
      : anyJson(random),
  };
  if (random.chance(0.3))
    body["failOnErrors"] = random.chance(0.8) ? random.pick([1, 2, 3, 1_000, 0, -1, 1.5]) : anyJson(random);
  return body;
};
