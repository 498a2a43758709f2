import { describe, expect, it } from "@jest/globals";
import express, { type Request } from "express";
import fc from "fast-check";
import { PlainRoutes } from "../../src/http/plain-routes.ts";
import type { Method } from "../../src/http/route-description.ts";

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const segment = fc.constantFrom("Users", "Groups", "users", "Me", "x-1", "__proto__", "constructor");
const path = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("", "/:id", "/:urn"))
  .map(([segments, parameter]) => `/${segments.join("/")}${segments.length === 0 ? parameter.slice(1) : parameter}`);
const route = fc.record({ method: fc.constantFrom(...METHODS), path });
const piece = fc.oneof(
  segment,
  fc.constantFrom("", ".", "..", ".search", "%41", "%2F", "%", "a%20b", "a.b", "a:b", "a;b", "ü", "\\", "a+b", "~a"),
  fc.string({ maxLength: 4 }).map((text) => text.replace(/[\s?#/]/gu, "")),
);
const query = fc.constantFrom("", "?", "?count=1", "?a=/b/c", "?x=?y", "#f");
const target = fc
  .tuple(fc.array(piece, { maxLength: 4 }), query)
  .map(([pieces, asked]) => `/${pieces.join("/")}${asked}`);

interface Answer {
  readonly route: number;
  readonly params: Readonly<Record<string, string>>;
}

/** Which of the routes Express takes. */
function throughExpress(routes: readonly { method: Method; path: string }[], method: string, url: string) {
  const app = express();
  let answer: Answer | undefined;
  routes.forEach((one, number) => {
    app[one.method.toLowerCase() as "get"](one.path, (request: Request) => {
      answer = { route: number, params: { ...(request.params as Record<string, string>) } };
    });
  });
  (app as unknown as (request: unknown, response: unknown, next: () => void) => void)(
    { method, url, headers: {} },
    { setHeader() {} },
    () => {},
  );
  return answer;
}

describe("a route that is found without Express", () => {
  it("is the one that Express finds, with the same parameters, where literal paths stand before others", () => {
    let found = 0;
    fc.assert(
      fc.property(
        // Express tells no two paths apart by their case, and no service has two such routes.
        fc.uniqueArray(route, {
          selector: (one) => `${one.method} ${one.path}`.toLowerCase(),
          minLength: 1,
          maxLength: 8,
        }),
        fc.constantFrom(...METHODS, "HEAD", "OPTIONS"),
        target,
        (routes, method, url) => {
          // As the table of routes is written: what is literal stands before what is not.
          const ordered = routes.toSorted((a, b) => Number(a.path.includes(":")) - Number(b.path.includes(":")));
          const plain = new PlainRoutes<number>();
          for (const [number, one] of ordered.entries()) plain.add(one.method, one.path, number);
          const direct = plain.find(method, url);
          if (direct === undefined) return;
          found += 1;
          expect({ route: direct.handler, params: { ...direct.params } }).toEqual(throughExpress(ordered, method, url));
        },
      ),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(20);
  });

  it("finds the service's usual requests, and leaves other spellings to Express", () => {
    const plain = new PlainRoutes<string>();
    plain.add("GET", "/scim/v2/Users/:id", "one");
    plain.add("GET", "/scim/v2/Users", "list");
    plain.add("POST", "/scim/v2/Users/.search", "search");
    const id = "01a2029e-835a-7d1f-97ce-399a572f0bcd";
    expect(plain.find("GET", `/scim/v2/Users/${id}?attributes=userName`)).toEqual({ handler: "one", params: { id } });
    expect(plain.find("GET", "/scim/v2/Users?filter=a/b")).toEqual({ handler: "list", params: {} });
    expect(plain.find("POST", "/scim/v2/Users/.search")).toEqual({ handler: "search", params: {} });
    for (const url of ["/scim/v2/Users/", "/scim/v2/users", "/scim/v2/Users/a%20b", "/scim/v2/Users/a/b", "*", "", "?"])
      expect([url, plain.find("GET", url)]).toEqual([url, undefined]);
  });

  it("takes no literal path in another case for a value of its sibling's parameter, in whatever order they came", () => {
    const paths = ["/users", "/:id"];
    for (const order of [paths, paths.toReversed()]) {
      const plain = new PlainRoutes<string>();
      for (const path of order) plain.add("GET", path, path);
      expect(["/Users", "/users", "/other"].map((url) => plain.find("GET", url)?.handler)).toEqual([
        undefined,
        "/users",
        "/:id",
      ]);
    }
  });
});
