// Whole sessions, as each provider runs them, twice: the second time changes nothing and leaves no event.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import type { Profile } from "../../src/scim/normalise/profile.ts";
import { GROUP, patchOf, USER } from "./fixtures/fixture.ts";
import { IdpService, type IdpTenant, type Reply } from "./service.ts";

let service: IdpService;
beforeAll(async () => {
  service = await IdpService.start();
});
afterAll(() => service.stop());

/** One provider's way of asking and writing. */
interface Dialect {
  readonly profile: Profile;
  readonly probe: readonly string[];
  readonly user: string;
  readonly userName: string;
  /** How it finds the user that it made. */
  readonly find: string;
  readonly group: string;
  /** Each is sent twice in a row; `{u}` and `{g}` are the ids. */
  readonly changes: readonly (readonly [line: string, bytes: string])[];
  readonly disable: readonly [line: string, bytes: string];
  readonly enable: readonly [line: string, bytes: string];
  readonly removeMember: readonly [line: string, bytes: string];
  /** Whether it deletes users in the end. */
  readonly deletes: boolean;
}

const user = (operations: string): readonly [string, string] => ["PATCH /scim/v2/Users/{u}", patchOf(operations)];
const group = (operations: string): readonly [string, string] => ["PATCH /scim/v2/Groups/{g}", patchOf(operations)];
const quoted = (text: string): string => encodeURIComponent(`"${text}"`);

const oktaUser = (active: boolean, more = "") =>
  `{"schemas":["${USER}"],${more}"userName":"test.user@okta.local","name":{"givenName":"Test","familyName":"User"},"emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],"displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"active":${active}}`;
const putUser = (bytes: string): readonly [string, string] => ["PUT /scim/v2/Users/{u}", bytes];

const dialects: readonly Dialect[] = [
  {
    profile: "entra",
    probe: [
      `Users?filter=userName+eq+${quoted("c3b9d2f0-7f3e-4d6a")}`,
      `Groups?excludedAttributes=members&filter=displayName+eq+${quoted("c3b9d2f0")}`,
    ],
    user: `{"schemas":["${USER}","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"0a21","userName":"Test_User","active":true,"emails":[{"primary":true,"type":"work","value":"x@testuser.com"}],"meta":{"resourceType":"User"},"roles":[]}`,
    userName: "Test_User",
    find: `Users?filter=emails%5Btype+eq+${quoted("work")}%5D.value+eq+${quoted("x@testuser.com")}`,
    group: `{"schemas":["${GROUP}","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"8aa1","displayName":"Readers","meta":{"resourceType":"Group"}}`,
    changes: [
      user(
        String.raw`[{"op":"Replace","path":"displayName","value":"Pvlo"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"},{"op":"Replace","path":"emails[type eq \"home\"].value","value":"h@testuser.com"}]`,
      ),
      user('[{"op":"replace","value":{"name.givenName":"Kkom","department":"R&D"}}]'),
      user(String.raw`[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"reader"}]`),
      group('[{"op":"Add","path":"members","value":[{"$ref":null,"value":"{u}"}]}]'),
    ],
    disable: user('[{"op":"Replace","path":"active","value":"False"}]'),
    enable: user('[{"op":"Replace","path":"active","value":"True"}]'),
    removeMember: group('[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"{u}"}]}]'),
    deletes: true,
  },
  {
    profile: "okta",
    probe: ["Users?startIndex=1&count=2", "Groups?startIndex=1&count=100"],
    user: oktaUser(true),
    userName: "test.user@okta.local",
    find: `Users?filter=userName%20eq%20${quoted("test.user@okta.local")}&startIndex=1&count=100`,
    group: `{"schemas":["${GROUP}"],"displayName":"Test SCIMv2","members":[]}`,
    changes: [
      putUser(oktaUser(true, '"id":"{u}","title":"Countess",')),
      group(
        '[{"op":"replace","value":{"id":"{g}","displayName":"Test SCIMv2 new"}},{"op":"add","path":"members","value":[{"value":"{u}","display":"test.user@okta.local"}]}]',
      ),
      group('[{"op":"replace","path":"members","value":[{"value":"{u}"}]}]'),
    ],
    disable: user('[{"op":"replace","value":{"active":false}}]'),
    enable: user('[{"op":"replace","value":{"active":true}}]'),
    removeMember: group(String.raw`[{"op":"remove","path":"members[value eq \"{u}\"]"}]`),
    deletes: false,
  },
  {
    profile: "google",
    probe: ["Users?count=1"],
    user: `{"schemas":["urn:scim:schemas:core:1.0","${USER}"],"userName":"g@example.com","name":{"givenName":"G"},"active":true}`,
    userName: "g@example.com",
    find: `Users?filter=userName%20eq%20${quoted("g@example.com")}`,
    group: `{"schemas":["${GROUP}"],"displayName":"Mail"}`,
    changes: [
      putUser(
        `{"schemas":["urn:scim:schemas:core:1.0","${USER}"],"userName":"g@example.com","name":{"givenName":"Gee"},"active":true}`,
      ),
      group('[{"op":"add","path":"members","value":[{"value":"{u}"}]}]'),
    ],
    disable: user('[{"op":"replace","path":"active","value":false}]'),
    enable: user('[{"op":"replace","path":"active","value":true}]'),
    removeMember: group(String.raw`[{"op":"remove","path":"members[value eq \"{u}\"]"}]`),
    deletes: true,
  },
  {
    profile: "onelogin",
    probe: [`Users?filter=userName%20eq%20${quoted("nobody")}`, "Groups"],
    user: `{"schemas":["${USER}"],"id":null,"userName":"one@example.com","active":"true"}`,
    userName: "one@example.com",
    find: `Users?filter=userName%20eq%20${quoted("one@example.com")}`,
    group: `{"schemas":["${GROUP}"],"displayName":"Portal"}`,
    changes: [
      putUser(`{"schemas":["${USER}"],"id":null,"userName":"one@example.com","active":"true","title":"Dr"}`),
      group('[{"op":"add","path":"members","value":[{"value":"{u}"}]}]'),
    ],
    disable: putUser(`{"schemas":["${USER}"],"id":null,"userName":"one@example.com","active":"false","title":"Dr"}`),
    enable: putUser(`{"schemas":["${USER}"],"id":null,"userName":"one@example.com","active":"true","title":"Dr"}`),
    removeMember: group(String.raw`[{"op":"remove","path":"members[value eq \"{u}\"]"}]`),
    deletes: true,
  },
  {
    profile: "jumpcloud",
    probe: ["Users?startIndex=1&count=1"],
    user: `{"schemas":["${USER}"],"userName":"jc","active":true}`,
    userName: "jc",
    find: `Users?filter=userName%20eq%20${quoted("jc")}`,
    group: `{"schemas":["${GROUP}"],"displayName":"JC"}`,
    changes: [
      user('[{"op":"Replace","path":"title","value":"x"}]'),
      group('[{"op":"add","path":"members","value":[{"value":"{u}"}]}]'),
    ],
    disable: user('[{"op":"replace","path":"active","value":false}]'),
    enable: user('[{"op":"replace","path":"active","value":true}]'),
    removeMember: group('[{"op":"remove","path":"members","value":[{"value":"{u}"}]}]'),
    deletes: true,
  },
  {
    profile: "ping",
    probe: [`Users?filter=emails%20eq%20${quoted("p@example.com")}`],
    user: `{"schemas":["${USER}"],"userName":"p","active":true,"emails":[{"type":"work","value":"p@example.com"}]}`,
    userName: "p",
    find: `Users?filter=emails%20eq%20${quoted("p@example.com")}`,
    group: `{"schemas":["${GROUP}"],"displayName":"Ping"}`,
    changes: [
      putUser(
        `{"schemas":["${USER}"],"userName":"p","active":true,"title":"x","emails":[{"type":"work","value":"p@example.com"}]}`,
      ),
      ["PUT /scim/v2/Groups/{g}", `{"schemas":["${GROUP}"],"displayName":"Ping","members":[{"value":"{u}"}]}`],
    ],
    disable: putUser(
      `{"schemas":["${USER}"],"userName":"p","active":false,"title":"x","emails":[{"type":"work","value":"p@example.com"}]}`,
    ),
    enable: putUser(
      `{"schemas":["${USER}"],"userName":"p","active":true,"title":"x","emails":[{"type":"work","value":"p@example.com"}]}`,
    ),
    removeMember: ["PUT /scim/v2/Groups/{g}", `{"schemas":["${GROUP}"],"displayName":"Ping"}`],
    deletes: true,
  },
];

const filled = (text: string, u: string, g: string): string => text.replaceAll("{u}", u).replaceAll("{g}", g);

describe.each(dialects)("a session of $profile", (dialect) => {
  it("comes to the same in its profile, in lenient, and twice", async () => {
    for (const profile of [dialect.profile, "lenient"] as const) await session(await service.tenant(profile), dialect);
  });
});

async function session(tenant: IdpTenant, dialect: Dialect): Promise<void> {
  const ask = async (line: string, bytes?: string): Promise<Reply> => {
    const reply = await tenant.ask(line, bytes);
    expect([line, reply.status < 300, reply.status < 300 ? "" : reply.text]).toEqual([line, true, ""]);
    return reply;
  };
  for (const probe of dialect.probe) expect((await ask(`GET /scim/v2/${probe}`)).body.totalResults).toBe(0);
  const u = (await ask("POST /scim/v2/Users", dialect.user)).body.id as string;
  expect((await ask(`GET /scim/v2/${dialect.find}`)).body.Resources).toMatchObject([{ id: u }]);
  expect((await tenant.ask("POST /scim/v2/Users", dialect.user)).body).toMatchObject({ scimType: "uniqueness" });
  const g = (await ask("POST /scim/v2/Groups", dialect.group)).body.id as string;

  const events = async () => [
    ...(await tenant.timeline("Users", u)).filter(({ type }) => type !== "UserPasswordSet"),
    ...(await tenant.timeline("Groups", g)),
  ];
  /** Sends it, then again: the second time leaves no event, and the resource and its version as they were. */
  const twice = async ([line, bytes]: readonly [string, string]): Promise<JsonObject> => {
    const [sent, body] = [filled(line, u, g), filled(bytes, u, g)];
    const before = (await events()).length;
    await ask(sent, body);
    const [count, resource] = [
      (await events()).length,
      [await tenant.read("Users", u), await tenant.read("Groups", g)],
    ];
    expect([line, body, count]).not.toEqual([line, body, before]);
    await ask(sent, body);
    expect((await events()).length).toBe(count);
    expect([await tenant.read("Users", u), await tenant.read("Groups", g)]).toEqual(resource);
    return resource[0] as JsonObject;
  };

  // What a provider sends each cycle may have come true with the change before.
  for (const [line, bytes] of dialect.changes) {
    await ask(filled(line, u, g), filled(bytes, u, g));
    const count = (await events()).length;
    await ask(filled(line, u, g), filled(bytes, u, g));
    expect((await events()).length).toBe(count);
  }
  expect(await tenant.read("Groups", g)).toMatchObject({ members: [{ value: u }] });
  expect(await twice(dialect.disable)).toMatchObject({ active: false });
  expect((await ask(`GET /scim/v2/${dialect.find}`)).body.Resources).toMatchObject([{ id: u, active: false }]);
  expect(await twice(dialect.enable)).toMatchObject({ active: true });
  expect(await twice(dialect.removeMember)).not.toHaveProperty("groups");
  await ask(`DELETE /scim/v2/Groups/${g}`);
  if (!dialect.deletes) return;
  await ask(`DELETE /scim/v2/Users/${u}`);
  expect((await tenant.ask(`DELETE /scim/v2/Users/${u}`)).status).toBe(404);
  expect((await ask(`GET /scim/v2/${dialect.find}`)).body.totalResults).toBe(0);
  expect((await ask("POST /scim/v2/Users", dialect.user)).body.id).not.toBe(u);
}
