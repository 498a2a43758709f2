// Every shape that identity providers were seen to send, in its bytes, over HTTP, in the provider's own profile, in
// `lenient`, and in `rfc`, which refuses what the standard does not have.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { Profile } from "../../src/scim/normalise/profile.ts";
import { readFilter } from "../../src/scim/normalise/read.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import { rules } from "../../src/scim/normalise/rules.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { filterFixtures } from "./fixtures/filters.ts";
import { ENTERPRISE, type FilterFixture, type WriteFixture } from "./fixtures/fixture.ts";
import { groupFixtures } from "./fixtures/groups.ts";
import { userFixtures } from "./fixtures/users.ts";
import { IdpService, type IdpTenant } from "./service.ts";

let service: IdpService;
beforeAll(async () => {
  service = await IdpService.start();
});
afterAll(() => service.stop());

type Ids = Readonly<Record<string, string>>;

const filled = (text: string, ids: Ids): string =>
  Object.entries(ids).reduce((result, [name, id]) => result.replaceAll(`{${name}}`, id), text);
const filledIn = <T>(value: T, ids: Ids): T => JSON.parse(filled(JSON.stringify(value), ids)) as T;

async function people(tenant: IdpTenant): Promise<Ids> {
  const u1 = await tenant.make("Users", {
    userName: "u1",
    externalId: "jyoung",
    active: true,
    emails: [{ type: "work", value: "a@b.c" }],
  });
  const u2 = await tenant.make("Users", {
    userName: "u2",
    externalId: "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    [ENTERPRISE]: { manager: { value: u1 } },
  });
  return { u1, u2, u3: await tenant.make("Users", { userName: "u3" }) };
}

/** The attributes that a fixture speaks of, as it speaks of them. */
function spokenOf(resource: JsonObject, after: Readonly<Record<string, Json>>): JsonObject {
  const idsOf = (members: Json | undefined) =>
    Array.isArray(members) ? members.map((one) => (one as JsonObject)["value"] as string).sort() : null;
  return Object.fromEntries(
    Object.keys(after).map((name) => [name, name === "members" ? idsOf(resource[name]) : (resource[name] ?? null)]),
  );
}

interface Sent {
  readonly tenant: IdpTenant;
  readonly id: string | undefined;
  readonly ids: Ids;
  readonly reply: Awaited<ReturnType<IdpTenant["ask"]>>;
  readonly before: JsonObject;
  readonly seen: number;
}

async function send(fixture: WriteFixture, profile: Profile): Promise<Sent> {
  const tenant = await service.tenant(profile);
  const some = await people(tenant);
  const subject =
    fixture.before === undefined ? undefined : await tenant.make(fixture.on, filledIn(fixture.before, some));
  const ids = subject === undefined ? some : { ...some, id: subject };
  const before = subject === undefined ? {} : await tenant.read(fixture.on, subject);
  const seen = subject === undefined ? 0 : (await tenant.timeline(fixture.on, subject)).length;
  const path = subject === undefined ? fixture.on : `${fixture.on}/${subject}`;
  const reply = await tenant.ask(`${fixture.method} /scim/v2/${path}`, filled(fixture.bytes, ids));
  return { tenant, id: subject ?? reply.body.id, ids, reply, before, seen };
}

const READS: readonly string[] = ["op-case", "patch-schemas", "operations-key", "bare-operation"];

async function expectEffect(fixture: WriteFixture, profile: Profile): Promise<void> {
  const { tenant, id = "", ids, reply, seen } = await send(fixture, profile);
  expect([reply.status, reply.status < 300 ? "" : reply.text]).toEqual([fixture.status, ""]);
  const after = filledIn(fixture.after, ids);
  const resource = await tenant.read(fixture.on, id);
  const expected =
    "members" in after && Array.isArray(after["members"]) ? { ...after, members: after["members"].sort() } : after;
  expect(spokenOf(resource, after)).toMatchObject(expected);
  const rows = (await tenant.timeline(fixture.on, id)).slice(seen);
  expect(rows.map(({ type }) => type)).toEqual(fixture.events);
  for (const row of rows) {
    expect(row).toMatchObject({ profile, actor: { profile }, rules: profile === "rfc" ? [] : fixture.rules });
    expect(JSON.stringify(row)).not.toMatch(/1mz050nq|s3cret-0/u);
  }
  const tells = fixture.rules.some((rule) => !READS.includes(rule)) && profile !== "rfc" && rows.length > 0;
  expect(rows.filter(({ interpretations }) => interpretations !== undefined)).toHaveLength(tells ? 1 : 0);
}

describe.each([...userFixtures, ...groupFixtures])("$id: $says", (fixture) => {
  it.each([...new Set<Profile>([fixture.profile, "lenient"])])("is read in the profile %s", (profile) =>
    expectEffect(fixture, profile),
  );

  it(fixture.rfc === "same" ? "is of the standard" : `is ${fixture.rfc.join(" ")} in the profile rfc`, async () => {
    if (fixture.rfc === "same") return expectEffect(fixture, "rfc");
    const { tenant, id, reply, before, seen } = await send(fixture, "rfc");
    expect([reply.status, reply.body.scimType]).toEqual([...fixture.rfc]);
    if (id === undefined) return;
    expect(await tenant.read(fixture.on, id)).toEqual(before);
    expect(await tenant.timeline(fixture.on, id)).toHaveLength(seen);
  });
});

describe("a request to read", () => {
  const tenants = new Map<Profile, Promise<{ tenant: IdpTenant; ids: Ids }>>();
  const world = (profile: Profile) => {
    const made = async () => {
      const tenant = await service.tenant(profile);
      const ids = await people(tenant);
      const g = await tenant.make("Groups", { displayName: "g", members: [{ value: ids["u1"]! }] });
      return { tenant, ids: { ...ids, g } };
    };
    const known = tenants.get(profile) ?? made();
    tenants.set(profile, known);
    return known;
  };

  const read = async ({ target }: FilterFixture, profile: Profile) => {
    const { tenant, ids } = await world(profile);
    const path = filled(target, ids)
      .replaceAll(" ", "%20")
      .replaceAll('"', "%22")
      .replaceAll("[", "%5B")
      .replaceAll("]", "%5D");
    return { ids, reply: await tenant.ask(`GET /scim/v2/${path}`) };
  };

  const expectFound = async (fixture: FilterFixture, profile: Profile): Promise<void> => {
    const { ids, reply } = await read(fixture, profile);
    const found = fixture.finds.map((name) => filled(name, ids));
    expect([reply.status, reply.body.Resources?.map(({ id }: JsonObject) => id)]).toEqual([200, found]);
    expect([reply.body.totalResults, reply.body.startIndex].every(Number.isInteger)).toBe(true);
    expect(reply.type).toMatch(profile === "onelogin" ? /^application\/json/u : /^application\/scim\+json/u);
  };

  it.each(filterFixtures)("$id: $says, in the profile $profile", (fixture) => expectFound(fixture, fixture.profile));
  it.each(filterFixtures)("$id: $says, in the profile lenient", (fixture) => expectFound(fixture, "lenient"));
  it.each(filterFixtures)("$id: $says, in the profile rfc", async (fixture) => {
    if (fixture.rules.length === 0) return expectFound(fixture, "rfc");
    const { reply } = await read(fixture, "rfc");
    expect([reply.status, reply.body.scimType]).toEqual([400, "invalidFilter"]);
  });

  it.each(filterFixtures)("$id: $says, by the rules $rules", ({ target, profile, rules: expected }) => {
    const [path = "", query] = target.split("?");
    const filter = new URLSearchParams(query).get("filter");
    const n = new Normalisation(profile);
    if (filter !== null) readFilter(n, path === "Users" ? userType : groupType, filter, FILTER_LIMITS);
    expect(n.rules).toEqual(expected);
  });

  it.each(["ServiceProviderConfig", "ResourceTypes", "ResourceTypes/User", "ResourceTypes/Group", "Schemas"])(
    "E-P3, S-1, G-3: %s is there for whoever makes a mapping of it",
    async (path) => {
      const { reply } = await read(
        { id: "", says: "", profile: "lenient", target: path, finds: [], rules: [] },
        "lenient",
      );
      expect([reply.status, /:null/u.test(reply.text)]).toEqual([200, false]);
    },
  );
});

it("every rule is taken by a fixture, in its bytes", () => {
  const taken = new Set([...userFixtures, ...groupFixtures, ...filterFixtures].flatMap((fixture) => fixture.rules));
  expect(rules.map(({ id }) => id).filter((id) => !taken.has(id))).toEqual([]);
});
