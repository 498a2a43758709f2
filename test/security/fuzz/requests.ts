// Requests to everything that the service has, most of them nearly right. A seed and what the service answered decide them.
import type { Json } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { admin, anyRoute, audit, ledger } from "./aside.ts";
import { bulkFor, patchFor, resourceFor } from "./bodies.ts";
import { bytesOf } from "./json.ts";
import { parametersFor, searchFor } from "./queries.ts";
import type { Random } from "./random.ts";
import type { Draft, Ground, Request } from "./request.ts";
import type { World } from "./world.ts";

const SCIM = "/scim/v2";

const oneOf = (world: World, random: Random, { endpoint }: ResourceType): string =>
  `${SCIM}${random.chance(0.04) ? endpoint.toLowerCase() : endpoint}/${world.idsOf(endpoint).pick(random)}`;

const conditional = (random: Random, world: World): (readonly [string, string])[] =>
  random.chance(0.25) ? [[random.pick(["If-Match", "If-None-Match", "if-match"]), world.versions.pick(random)]] : [];

/** Header fields that are odd, but can be sent. */
const oddHeaders: readonly (readonly [string, string])[] = [
  ["Accept", "text/html"],
  ["Accept", "application/json;q=0, */*;q=0.1"],
  ["Accept", ";;;,,,"],
  ["Accept-Encoding", "gzip, br"],
  ["Content-Encoding", "gzip"],
  ["Content-Type", "text/plain"],
  ["Content-Type", "application/json; charset=utf-16"],
  ["Content-Type", 'application/scim+json; charset="utf-8"; x="'],
  ["Content-Type", ""],
  ["Content-Type", "multipart/form-data"],
  ["SCIM-Ledger-Approval", "CHG-1"],
  ["SCIM-Ledger-Approval", "x".repeat(300)],
  ["SCIM-Ledger-Approval", "\u00e9\u00ff"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["traceparent", "00-zz"],
  ["User-Agent", "\u00ff".repeat(50)],
  ["User-Agent", "a".repeat(5_000)],
  ["X-Forwarded-For", "203.0.113.7, ::1, garbage"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["Forwarded", 'for="_x"'],
  ["Range", "bytes=0-5"],
  ["Prefer", "respond-async"],
  ["If-Modified-Since", "yesterday"],
  ["Cookie", "__proto__=x"],
  ["Origin", "null"],
  ["Connection", "close"],
  ["__proto__", "x"],
];

const draftOf = (random: Random, world: World, ground: Ground): Draft => {
  const type = random.pick(ground.types);
  const { endpoint } = type;
  const as = "provisioning";
  const parameters = () => (random.chance(0.2) ? parametersFor(random, type, world) : "");
  return random.weighted<() => Draft>([
    [
      14,
      () => ({
        method: "POST",
        target: `${SCIM}${endpoint}${parameters()}`,
        json: resourceFor(random, type, world),
        as,
        endpoint,
      }),
    ],
    [
      6,
      () => ({
        method: "PUT",
        target: oneOf(world, random, type),
        json: resourceFor(random, type, world),
        as,
        endpoint,
      }),
    ],
    [
      14,
      () => ({
        method: "PATCH",
        target: oneOf(world, random, type) + parameters(),
        json: patchFor(random, type, world),
        as,
        endpoint,
      }),
    ],
    [4, () => ({ method: "DELETE", target: oneOf(world, random, type), as, endpoint })],
    [
      7,
      () => ({
        method: random.pick(["GET", "GET", "HEAD"]),
        target: oneOf(world, random, type) + parametersFor(random, type, world),
        as,
        endpoint,
      }),
    ],
    [
      14,
      () => ({
        method: random.pick(["GET", "GET", "GET", "HEAD"]),
        target: `${SCIM}${random.chance(0.9) ? endpoint : "/"}${parametersFor(random, type, world)}`,
        as,
        endpoint,
      }),
    ],
    [
      8,
      () => ({
        method: "POST",
        target: `${SCIM}${random.chance(0.7) ? endpoint : ""}/.search`,
        json: searchFor(random, type, world),
        as,
        endpoint,
      }),
    ],
    [8, () => ({ method: "POST", target: `${SCIM}/Bulk`, json: bulkFor(random, ground.types, world), as })],
    [
      3,
      () => ({
        method: "POST",
        target: `${SCIM}/GroupMemberships`,
        json: {
          schemas: ["urn:ietf:params:scim:schemas:core:2.0:GroupMembership"],
          group: { value: world.idsOf("/Groups").pick(random) },
          member: { value: world.idsOf(random.pick(["/Users", "/Groups"])).pick(random) },
        },
        as,
        endpoint: "/GroupMemberships",
      }),
    ],
    [
      3,
      () => ({
        method: random.pick(["GET", "DELETE"]),
        target: `${SCIM}/GroupMemberships/${world.idsOf("/GroupMemberships").pick(random)}`,
        as,
        endpoint: "/GroupMemberships",
      }),
    ],
    [
      2,
      () => ({
        method: "GET",
        target: `${SCIM}/GroupMemberships?filter=${encodeURIComponent(`${random.pick(["group", "member"])}.value eq "${world.idsOf(random.pick(["/Users", "/Groups"])).pick(random)}"`)}`,
        as,
      }),
    ],
    [
      3,
      () => ({
        method: "GET",
        target:
          SCIM +
          random.pick([
            "/Schemas",
            "/ResourceTypes",
            "/ServiceProviderConfig",
            "/Schemas/x",
            `/Schemas/${type.schema.id}`,
            "/ResourceTypes/User",
            "/Schemas?filter=id%20pr",
            "/Me",
            "/nothing",
          ]),
        as,
      }),
    ],
    [
      2,
      () => ({
        method: random.pick(["GET", "PATCH", "PUT", "DELETE"]),
        target: `${SCIM}/Me`,
        json: patchFor(random, ground.types[0] as ResourceType, world),
        as,
      }),
    ],
    [6, () => audit(random, world)],
    [2, () => ledger(random, ground)],
    [5, () => admin(random, world, ground)],
    [8, () => anyRoute(random, world, ground)],
  ])();
};

export const requestFor = (random: Random, world: World, ground: Ground): Request => {
  if (world.walks.length > 0 && random.chance(0.03)) {
    const { target, asker } = random.pick(world.walks);
    return {
      method: "GET",
      target,
      headers: [],
      asker: random.chance(0.9) ? asker : random.pick(ground.askers.provisioning),
    };
  }
  const draft = draftOf(random, world, ground);
  const as = random.weighted([
    [30, draft.as],
    [1, "provisioning"],
    [1, "auditor"],
    [1, "administrator"],
    [1, "nobody"],
  ] as const);
  const headers: (readonly [string, string])[] = conditional(random, world);
  const hasBody = draft.json !== undefined && (draft.method !== "GET" || random.chance(0.05));
  if (hasBody)
    headers.push([
      "Content-Type",
      random.pick(["application/scim+json", "application/json", "application/scim+json; charset=utf-8"]),
    ]);
  if (random.chance(0.12)) headers.push(random.pick(oddHeaders));
  return {
    method: draft.method,
    target: draft.target,
    headers,
    ...(hasBody ? { body: bytesOf(random, draft.json as Json) } : {}),
    asker: random.pick(ground.askers[as]),
    ...(draft.endpoint === undefined ? {} : { endpoint: draft.endpoint }),
  };
};
