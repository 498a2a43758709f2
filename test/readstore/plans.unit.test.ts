// Which plans are kept for the next question of the same shape.
import { expect, it } from "@jest/globals";
import { Plans } from "../../src/readstore/sqlite/lists/plans.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";

const inputs = {
  tenantName: "acme",
  tenant: 1,
  type: 2,
  comparisons: [],
  number: () => 3,
  placeAt: () => 0,
};
const ask = (plans: Plans, type: ResourceType, sortBy?: string) => {
  const path = sortBy === undefined ? undefined : resolvePath(type, sortBy);
  return plans.get({ type, ...(path === undefined ? {} : { sortBy: path }) }, inputs);
};

it("those of a shape that was asked for, until there are thousands: types of many tenants do not add up", () => {
  const plans = new Plans({ baseUrl: "https://scim.test" });
  const first = ask(plans, userType);
  for (let i = 0; i < 1_000; i++) ask(plans, { ...userType });
  expect(ask(plans, userType)).toBe(first);
  for (let i = 0; i < 4_000; i++) ask(plans, { ...userType });
  const anew = ask(plans, userType);
  expect(anew).not.toBe(first);
  expect([ask(plans, userType), ask(plans, userType, "userName") === anew]).toEqual([anew, false]);
});
