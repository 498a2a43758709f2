// What a filter says of times bounds every match from below.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changedSince } from "../../../src/readstore/mongodb/lists/recency.ts";
import { parseDateTime } from "../../../src/scim/date-time.ts";
import { matches } from "../../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { pathsOf } from "../../../src/scim/schema/lookup.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { arbitraryFilterText, arbitraryUser } from "../../scim/arbitraries.ts";
import { parseFilterLeniently } from "../../scim/reading.ts";

const paths = pathsOf(userType).filter(({ text }) => text.startsWith("meta") || text === "active");

describe("the instant since when every match was created or changed", () => {
  it("is at or before the creation or the last change of whatever matches", () =>
    fc.assert(
      fc.property(arbitraryFilterText(userType, paths), fc.array(arbitraryUser, { minLength: 5 }), (text, users) => {
        const filter = parseFilterLeniently(userType, text);
        const since = changedSince(filter);
        if (since === undefined) return;
        for (const user of users.filter((one) => matches(filter, one))) {
          const { created, lastModified } = user["meta"] as JsonObject;
          const last = Math.max(...[created, lastModified].map((time) => parseDateTime(String(time)) ?? 0));
          expect([text, last]).toEqual([text, Math.max(last, since)]);
        }
      }),
      { numRuns: 500 },
    ));

  it.each([
    ['meta.lastModified gt "1970-01-01T00:00:01Z"', 1_000_000],
    ['meta[created ge "1970-01-01T00:00:02Z"]', 2_000_000],
    ['active eq true and meta.created eq "1970-01-01T00:00:03Z"', 3_000_000],
    ['meta.created gt "1970-01-01T00:00:04Z" or meta.lastModified gt "1970-01-01T00:00:05Z"', 4_000_000],
    ['meta.created gt "1970-01-01T00:00:04Z" or active eq true', undefined],
    ['not (meta.created gt "1970-01-01T00:00:04Z")', undefined],
    ['meta.lastModified lt "1970-01-01T00:00:04Z"', undefined],
  ])("of %s is %s", (text, since) => expect(changedSince(parseFilter(userType, text))).toBe(since));
});
