// What is never returned is not found out by the order of a list either (RFC 7644 §7.5.2).
import { expect, it } from "@jest/globals";
import type { Exchange } from "../../src/http/exchange.ts";
import { listedIn } from "../../src/http/scim/list-parameters.ts";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";

const secret = string("value", "", { returned: "never" });
const locker: ResourceType = {
  ...userType,
  id: "Locker",
  name: "Locker",
  schema: schema("urn:example:Locker", "Locker", "", [
    complex("lock", "", [secret]),
    multiValued("keys", "", [secret]),
    string("pin", "", { mutability: "writeOnly" }),
  ]),
  extensions: [],
};
/** Without a filter, nothing is asked of it. */
const noExchange = {} as Exchange;

it.each(["lock", "lock.value", "keys", "keys.value", "pin"])("no list is sorted by %s", (sortBy) =>
  expect(() => listedIn(noExchange, { sortBy }, [locker], FILTER_LIMITS)).toThrow(/secret and cannot be sorted by/u),
);
