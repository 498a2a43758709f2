import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatStreamName, parseStreamName, type StreamName } from "../../src/eventlog/stream-name.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const mac = "A".repeat(42).concat("_");

const NAMES: readonly [string, StreamName][] = [
  [`scim.user-acme:${id}`, { category: "user", tenant: "acme", id }],
  [`scim.group-acme:${id}`, { category: "group", tenant: "acme", id }],
  [`scim.resource-acme:Device:${id}`, { category: "resource", tenant: "acme", type: "Device", id }],
  [`scim.claim-acme:${mac}`, { category: "claim", tenant: "acme", mac }],
  ["scim.tenant-acme", { category: "tenant", tenant: "acme" }],
  ["scim.ledger-_system", { category: "ledger", tenant: "_system" }],
  ["scim.attempt-acme:2026-11-22:node-1", { category: "attempt", tenant: "acme", day: "2026-11-22", node: "node-1" }],
  ["scim.inspection-acme:2026-11-22:n", { category: "inspection", tenant: "acme", day: "2026-11-22", node: "n" }],
];

it.each(NAMES)("%s is built and parsed", (text, name) => {
  expect(formatStreamName("scim", name)).toBe(text);
  expect(parseStreamName("scim", text)).toEqual(name);
});

it.each(NAMES)("%s is ours only as a whole and in our namespace", (text) => {
  for (const other of [`${text}x:`, `${text}\n`, `x${text}`, text.slice(5), text.toUpperCase(), text.replace(".", "-")])
    expect(parseStreamName("scim", other)).toBeUndefined();
  expect(parseStreamName("sci", text)).toBeUndefined();
  expect(parseStreamName("scim2", text)).toBeUndefined();
});

it.each([
  "",
  "-",
  "scim.",
  "scim.-acme",
  "scim.constructor-acme",
  "scim.__proto__-acme",
  "scim.user-acme",
  "scim.user-Acme:01890a5d-ac96-774b-bcce-b302099a8057",
  "scim.user-acme:01890a5d-ac96-474b-bcce-b302099a8057",
  "scim.tenant-",
  `scim.tenant-${"a".repeat(41)}`,
  "$settings",
  "scim.resource-acme:9x:01890a5d-ac96-774b-bcce-b302099a8057",
])("“%s” is not ours", (text) => {
  expect(parseStreamName("scim", text)).toBeUndefined();
});

it("no part can smuggle in another", () => {
  expect(() => formatStreamName("scim", { category: "user", tenant: "acme:x", id })).toThrow(RangeError);
  expect(() => formatStreamName("scim", { category: "user", tenant: "acme", id: "../x" })).toThrow(RangeError);
  expect(() => formatStreamName("a.b", { category: "tenant", tenant: "acme" })).toThrow(RangeError);
  expect(() => formatStreamName("scim", { category: "constructor", tenant: "acme" } as never)).toThrow();
});

it("any text either is no name or is built again from its parts", () => {
  const mutated = fc
    .record({
      name: fc.constantFrom(...NAMES.map(([text]) => text)),
      at: fc.nat({ max: 60 }),
      insert: fc.string({ maxLength: 2 }),
    })
    .map(({ name, at, insert }) => name.slice(0, at) + insert + name.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      const name = parseStreamName("scim", text);
      if (name !== undefined) expect(formatStreamName("scim", name)).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});
