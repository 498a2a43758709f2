// What lists are asked for, mostly right and partly wrong: filters, sorting, pages, in a URL or a body.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { filterCases, operators } from "../../rfc/generated/filter-cases.ts";
import { textOf } from "../../rfc/reference/schema.ts";
import { anyJson, oddTexts } from "./json.ts";
import { pathsOf } from "./paths.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const filtersOf = new Map<ResourceType, readonly string[]>();
/** Every twentieth of the generated filters: too many are all the same to a fuzz run. */
const generatedFilters = (type: ResourceType): readonly string[] => {
  const known =
    filtersOf.get(type) ??
    operators.flatMap((one) => [...filterCases(type, one)].filter((_, n) => n % 20 === 0).map(({ text }) => text));
  filtersOf.set(type, known);
  return known;
};

const words = [
  "userName",
  "emails",
  "eq",
  "co",
  "pr",
  "and",
  "or",
  "not",
  "(",
  ")",
  "[",
  "]",
  '"a"',
  "5",
  "true",
  "null",
  "id",
  "meta.created",
  "groups",
  "members",
  "password",
  ".",
  ":",
  "\u0000",
  "é",
  '"',
  "urn:",
  "$ref",
];

const filterFor = (random: Random, type: ResourceType, world: World): string =>
  random.weighted<() => string>([
    [5, () => random.pick(generatedFilters(type))],
    [
      2,
      () =>
        `${random.pick(["id", "members.value", "groups.value", "members", "group.value"])} eq "${world.idsOf(type.endpoint).pick(random)}"`,
    ],
    [
      2,
      () =>
        `${random.pick(generatedFilters(type))} ${random.pick(["and", "or", "And not", ""])} ${random.pick(generatedFilters(type))}`,
    ],
    [2, () => random.times(9, () => random.pick(words)).join(random.pick([" ", " ", ""]))],
    [
      1,
      () => `${random.pick(["(", "not (", 'userName eq "a" or ', "emails["]).repeat(random.pick([1, 20, 300]))}id pr`,
    ],
    [
      1,
      () =>
        `${random.pick(["userName", "displayName", "externalId", "emails.value"])} ${random.pick(["eq", "co", "sw", "gt", "ne"])} ${JSON.stringify(random.pick(oddTexts))}`,
    ],
  ])();

export const searchFor = (random: Random, type: ResourceType, world: World): JsonObject => {
  const body: JsonObject = {
    schemas: random.chance(0.96) ? ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] : anyJson(random),
  };
  const some = (name: string, of: number, value: () => Json) => {
    if (random.chance(of)) body[name] = random.chance(0.9) ? value() : anyJson(random);
  };
  some("filter", 0.6, () => filterFor(random, type, world));
  some("sortBy", 0.3, () => textOf(random.pick(pathsOf(type))));
  some("sortOrder", 0.2, () => random.pick(["ascending", "descending", "Ascending", "up", "descending"]));
  some("count", 0.4, () => random.pick([0, 1, 5, -1, 1e9]));
  some("startIndex", 0.2, () => random.pick([1, 0, -5, 3, 1e15]));
  some("cursor", 0.3, () => (random.chance(0.7) ? "" : world.cursors.pick(random, 0.4)));
  some("attributes", 0.2, () => [textOf(random.pick(pathsOf(type)))]);
  some("excludedAttributes", 0.1, () => [textOf(random.pick(pathsOf(type)))]);
  return body;
};

export const parametersFor = (random: Random, type: ResourceType, world: World): string => {
  const search = searchFor(random, type, world);
  const parameters: string[] = [];
  for (const [name, value] of Object.entries(search))
    if (name !== "schemas")
      parameters.push(`${name}=${encode(random, typeof value === "string" ? value : JSON.stringify(value))}`);
  if (random.chance(0.15))
    parameters.push(
      `asOf=${random.pick(["2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", "", new Date().toISOString(), "2011-05-13T04:42:34%2B02:00"])}`,
    );
  if (random.chance(0.08))
    parameters.push(
      random.pick([
        "count=1",
        "%=%",
        "__proto__=x",
        "filter=%ff",
        "&&&",
        "=",
        "filter",
        "cursor",
        "count=1&count=2",
        "%00=%00",
        "asof=x",
      ]),
    );
  return parameters.length === 0 ? "" : `?${parameters.join("&")}`;
};

/** As a URL has it, or not quite. */
const encode = (random: Random, text: string): string => {
  const encoded = encodeURIComponent(text.toWellFormed());
  return random.weighted<() => string>([
    [12, () => encoded],
    [1, () => encoded.replaceAll("%20", "+")],
    [1, () => encoded.replace(/%../, random.pick(["%", "%zz", "%ff", "%ed%a0%80", "%2500"]))],
    [1, () => encoded.toLowerCase()],
  ])();
};
