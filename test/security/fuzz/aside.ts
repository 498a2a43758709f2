// Requests beside SCIM: those of administrators and auditors, and any route by any method.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { anyJson, oddTexts } from "./json.ts";
import type { Random } from "./random.ts";
import type { Draft, Ground } from "./request.ts";
import type { World } from "./world.ts";

export const admin = (random: Random, world: World, { tenant }: Ground): Draft => {
  const of = random.pick([tenant, tenant, "default", "bystander", "nosuch", "__proto__", "%00"]);
  const credential = `/admin/v1/credentials/${world.idsOf("credentials").pick(random)}`;
  const urn = random.pick([
    "urn:example:fuzz:Thing",
    "urn:example:fuzz:Other",
    "x",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "__proto__",
  ]);
  const name = random.pick(["Thing", "Other", "User", "Group", "Bulk", "Me", "__proto__", "x y", ""]);
  const attribute = (): JsonObject => ({
    name: random.pick(["a", "b", "value", "$ref", "__proto__", ""]),
    type: random.pick(["string", "integer", "complex", "x"]),
    multiValued: random.chance(0.3),
    ...(random.chance(0.1) ? { [random.pick(["returned", "mutability", "subAttributes"])]: anyJson(random) } : {}),
  });
  const draft = (method: string, target: string, json?: Json): Draft => ({
    method,
    target,
    as: "administrator",
    ...(json === undefined ? {} : { json }),
  });
  return random.weighted<() => Draft>([
    [
      2,
      () =>
        draft("POST", "/admin/v1/credentials", {
          name: random.pick(oddTexts),
          kind: random.pick(["provisioning", "auditor", "administrator", "x"]),
          ...(random.chance(0.3) ? { profile: random.pick(["rfc", "entra", "x"]) } : {}),
          ...(random.chance(0.2)
            ? { expiresAt: random.pick(["2000-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "x"]) }
            : {}),
          ...(random.chance(0.3) ? { tenant: of } : {}),
        }),
    ],
    [1, () => draft("GET", `/admin/v1/credentials?tenant=${of}`)],
    [1, () => draft("POST", `${credential}/rotate`)],
    [1, () => draft("DELETE", random.pick([credential, `${credential}/clients`, `${credential}/secrets/x`]))],
    [
      1,
      () =>
        draft(random.pick(["GET", "POST"]), "/admin/v1/tenants", {
          id: random.pick(["a", "A", "x".repeat(41), "default"]),
        }),
    ],
    [
      1,
      () =>
        draft(
          "POST",
          `/admin/v1/tenants/${random.pick(["default", "bystander", "nosuch", tenant])}/${random.pick(["suspend", "resume"])}`,
        ),
    ],
    [
      2,
      () => {
        const id = world.idsOf("/Users").pick(random);
        return draft(
          "POST",
          `/admin/v1/tenants/${of}/users/${id}/erase`,
          random.chance(0.8) ? { confirm: random.chance(0.5) ? id : "x", reason: "asked" } : anyJson(random),
        );
      },
    ],
    [
      2,
      () =>
        draft(random.pick(["PUT", "PUT", "GET", "DELETE"]), `/admin/v1/tenants/${of}/schemas/${urn}`, {
          id: urn,
          name: "Thing",
          attributes: random.times(3, attribute),
        }),
    ],
    [
      2,
      () =>
        draft(random.pick(["PUT", "PUT", "GET", "DELETE"]), `/admin/v1/tenants/${of}/resource-types/${name}`, {
          name,
          endpoint: random.pick(["/Things", "/Users", "/x y", "Things", "/Bulk"]),
          schema: urn,
        }),
    ],
  ])();
};

export const audit = (random: Random, world: World): Draft => {
  const kind = random.pick(["users", "groups", "resources", "Devices", "devices", "__proto__", "clients"]);
  const id = world.idsOf(random.pick(["/Users", "/Groups", "/Devices"])).pick(random);
  const question = random.pick(["timeline", "access", "members", "at", "resource", "", "x"]);
  const parameters = random.times(3, () =>
    random.pick([
      "asOf=2026-01-01T00:00:00Z",
      `asOf=${new Date(Date.now() - 1_000).toISOString()}`,
      "limit=1",
      "limit=0",
      "limit=1e9",
      "from=x",
      "to=2026-01-01T00:00:00Z",
      "order=descending",
      "order=x",
      "attribute=userName",
      "attribute=__proto__",
      `cursor=${world.cursors.pick(random)}`,
      "%=%",
      "id=x",
      "nested=true",
    ]),
  );
  return {
    method: "GET",
    target: `/audit/v1/${kind}/${id}/${question}${parameters.length > 0 ? `?${parameters.join("&")}` : ""}`,
    as: "auditor",
  };
};

export const ledger = (random: Random, { tenant }: Ground): Draft => {
  const of = random.pick([tenant, tenant, tenant, "bystander", "default", "__proto__", "%00"]);
  const number = () => random.pick(["0", "1", "5", "255", "-1", "01", "1e3", "9007199254740993", "x", ""]);
  const path = random.weighted<() => string>([
    [2, () => random.pick(["", "/checkpoint", "/vkey", "/x"])],
    [
      2,
      () =>
        `/tile/${random.pick(["0", "1", "63", "64", "entries", "-1", "x"])}/${random.pick(["000", "001", "x001/000", "000.p/5", "000.p/0", "../000", "%2e%2e/000", "0"])}`,
    ],
    [2, () => `/proof?${random.pick(["index", "event", "x"])}=${number()}`],
    [1, () => `/proof?event=01890a5d-ac96-774b-bcce-b302099a8057`],
    [2, () => `/consistency?from=${number()}&to=${number()}`],
  ])();
  return { method: random.pick(["GET", "GET", "HEAD"]), target: `/ledger/v1/${of}${path}`, as: "auditor" };
};

/** Any route of the table by any method, its parameters filled in somehow. */
export const anyRoute = (random: Random, world: World, { routes, types }: Ground): Draft => {
  const route = random.pick(routes);
  const filled = route.path.replace(/:(\w+)/g, (_, name: string) =>
    name === "endpoint"
      ? random.pick(types).endpoint.slice(1)
      : world.idsOf(random.pick(["/Users", "/Groups", "credentials"])).pick(random, 0.4),
  );
  const own = route.method === "ALL" ? "POST" : route.method;
  const method = random.chance(0.5)
    ? own
    : random.pick(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "LINK", "QUERY"]);
  const target = random.weighted<() => string>([
    [8, () => filled],
    [1, () => `${filled}/`],
    [1, () => filled.replaceAll("/", "//")],
    [1, () => `${filled}${random.pick(["%00", "%2f", "%", ";x=1", "/..", "?", "#x", "%c0%af", "/%2e%2e/x", "\\"])}`],
    [1, () => filled.toUpperCase()],
  ])();
  const as = route.scope === "admin" ? "administrator" : route.scope === "audit:read" ? "auditor" : "provisioning";
  return {
    method,
    target: target.startsWith("/") ? target : "/",
    as,
    ...(method === "GET" ? {} : { json: anyJson(random) }),
  };
};
