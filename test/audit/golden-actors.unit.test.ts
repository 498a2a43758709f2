// The trap of each question about who did what, from both stores.
import { describe, expect, it } from "@jest/globals";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { GroupMembersRemoved } from "../../src/domain/events.ts";
import { AttemptRejected, AttemptsDropped, InspectionBegun, InspectionEnded } from "../../src/domain/record-events.ts";
import {
  CredentialIssued,
  CredentialRevoked,
  CredentialSecretAdded,
  CredentialSecretRemoved,
  CredentialUsed,
  TenantCreated,
} from "../../src/domain/tenant-events.ts";
import { ask, type Loose, questionNamed, sourcesOf, textOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

const entra = { credential: "cred-1", name: "Entra ID", kind: "provisioning" };
const okta = { credential: "cred-2", name: "Okta", kind: "provisioning" };
const credential = (id: string) =>
  CredentialIssued({
    credential: id,
    name: `client ${id}`,
    kind: "provisioning",
    scopes: ["scim:write"],
    profile: "lenient",
    secret: `${id}-secret-1`,
    hash: "00",
  });

describe.each(stores)("from a store $store", ({ using }) => {
  const asking = (world: World, id: string, parameters: Record<string, string>) => {
    world.now += 1_000_000;
    return using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources));
  };

  it("actor-activity counts all and shows a rotated token as one credential", async () => {
    const world = new World();
    world.ofTenant(TenantCreated({ name: "Acme" }));
    world.ofTenant(credential("cred-1"));
    const ada = world.user("ada");
    const group = world.group("group", ada);
    world.ofTenant(CredentialSecretAdded({ credential: "cred-1", secret: "cred-1-secret-2", hash: "11" }));
    world.addInParts(group, [world.user("grace"), world.user("alan")]);
    world.actor = okta;
    world.user("hopper");
    const answer = await asking(world, "actor-activity", { id: "cred-1" });
    expect(answer.subject).toMatchObject({ credential: "cred-1", events: { UserCreated: 3 }, resources: 5 });
    expect(answer.rows.map(({ actor }) => actor!["id"])).not.toContain("cred-2");
    const completed = answer.rows.find(({ type }) => String(type) === ("GroupChangeCompleted" as unknown))!;
    expect(completed).toMatchObject({ members: { added: 2, removed: 0 }, resource: { id: group } });
    const page = await asking(world, "actor-activity", { id: "cred-1", limit: "4" });
    const rest = await asking(world, "actor-activity", { id: "cred-1", cursor: page.next! });
    expect([...page.rows, ...rest.rows]).toEqual(answer.rows);
  });

  it("blast-radius tells what is still in force, and what somebody else granted anew", async () => {
    const world = new World();
    const [ada, grace] = [world.user({ userName: "ada", title: "a" }), world.user("grace")];
    const group = world.group("group");
    const from = formatInstant(world.now);
    world.actor = { credential: "stolen", name: "stolen", kind: "provisioning" };
    world.requestId = "attack";
    world.add(group, ada, grace);
    world.set(ada, "title", "b");
    world.set(grace, "active", false);
    world.actor = entra;
    world.requestId = "repair";
    world.remove(group, ada);
    world.add(group, ada);
    world.set(grace, "active", true);
    for (const by of [{ actor: "stolen" }, { request: "attack" }, { actor: "stolen", from }]) {
      const { rows } = await asking(world, "blast-radius", by);
      expect(rows).toMatchObject([
        { subject: { id: ada, display: "ada" }, effect: "gained", target: group, inForce: false, regranted: true },
        { subject: { id: grace }, effect: "gained", target: group, inForce: true, regranted: false },
        { subject: { id: ada }, effect: "changed", paths: ["title"], inForce: true },
        { subject: { id: grace }, effect: "disabled", inForce: false },
      ]);
    }
    world.actor = { credential: "stolen", name: "stolen", kind: "provisioning" };
    world.remove(group, ada);
    world.actor = entra;
    world.add(group, ada);
    world.remove(group, ada);
    const repeated = await asking(world, "blast-radius", { actor: "stolen" });
    expect(repeated.rows.at(-1)).toMatchObject({ effect: "lost", inForce: false, regranted: false });
    const repeating = await asking(world, "blast-radius", { actor: entra.credential });
    expect(repeating.rows.at(-1)).toMatchObject({ effect: "lost", inForce: true, regranted: false });
    const page = await asking(world, "blast-radius", { actor: "stolen", limit: "1" });
    const rest = await asking(world, "blast-radius", { actor: "stolen", cursor: page.next! });
    expect(rest.rows).toHaveLength(4);
    await expect(asking(world, "blast-radius", {})).rejects.toMatchObject({ status: 400 });
  });

  it("blast-radius tells whoever was in a group that it was deleted with its memberships", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const inner = world.group("inner");
    const group = world.group("group", ada, grace, inner);
    world.remove(group, grace);
    world.actor = { credential: "stolen", name: "stolen", kind: "provisioning" };
    world.delete(group);
    const { rows } = await asking(world, "blast-radius", { actor: "stolen" });
    const lost = (type: string, id: string) => ({
      subject: { type, id },
      effect: "lost",
      target: group,
      inForce: true,
    });
    expect(rows).toMatchObject([
      { subject: { type: "Group", id: group }, effect: "deleted", inForce: true },
      ...[lost("User", ada), lost("Group", inner)],
    ]);
    const page = await asking(world, "blast-radius", { actor: "stolen", limit: "2" });
    const rest = await asking(world, "blast-radius", { actor: "stolen", cursor: page.next! });
    expect([...page.rows, ...rest.rows]).toEqual(rows);
  });

  it("unapproved-grants lists members and roles that came without an approval", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group");
    world.approval = "TICKET-1";
    world.add(group, ada);
    world.approval = undefined;
    const grace = world.user({ userName: "grace", roles: [{ value: "admin" }] });
    world.addInParts(group, [grace]);
    const { rows } = await asking(world, "unapproved-grants", {});
    expect(rows).toMatchObject([
      { subject: grace, kind: "role", target: "admin" },
      { subject: grace, kind: "group", target: group, granted: { type: "GroupChangeCompleted" } },
    ]);
    expect((await asking(world, "unapproved-grants", { group })).count).toBe(1);
  });

  it("blame gives each element of an attribute its own writer", async () => {
    const world = new World();
    const emails = (...values: string[]) => values.map((value) => ({ value }));
    const ada = world.user({ userName: "ada", emails: emails("a@x", "b@x") });
    world.actor = okta;
    const changed = world.replace(ada, { userName: "ada", emails: emails("a@x", "c@x") });
    const { rows } = await asking(world, "blame", { type: "users", id: ada, attribute: "emails" });
    expect(rows.map(({ value, written }) => [value, written!["actor"]!["name"]])).toEqual([
      [{ value: "a@x" }, "Entra ID"],
      [{ value: "c@x" }, "Okta"],
    ]);
    expect(rows[1]).toMatchObject({ written: { position: changed } });
    const before = formatInstant(world.entries[0]!.effectiveAt);
    const then = await asking(world, "blame", { type: "User", id: ada, asOf: before });
    expect(then.rows.map(({ path, value }) => [path, value])).toEqual([
      ["userName", "ada"],
      ["emails", { value: "a@x" }],
      ["emails", { value: "b@x" }],
    ]);
  });

  it("blame of members tells who let each of them in", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group", ada);
    world.actor = okta;
    const added = world.add(group, grace);
    const { rows } = await asking(world, "blame", { type: "groups", id: group, attribute: "members" });
    expect(rows).toMatchObject([
      { path: "members", member: ada, written: { actor: { name: "Entra ID" } } },
      { path: "members", member: grace, written: { position: added, actor: { name: "Okta" } } },
    ]);
    await expect(asking(world, "blame", { type: "users", id: ada, attribute: "groups" })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("attribute=members"),
    });
  });

  it("deleted shows two persons of one name as two, each as before", async () => {
    const world = new World();
    const first = world.user({ userName: "ada", title: "a" });
    world.delete(first);
    const second = world.user({ userName: "ada", title: "b" });
    const gone = world.delete(second);
    const { rows } = await asking(world, "deleted", {});
    expect(rows).toMatchObject([
      { resource: { type: "User", id: first, display: "ada" }, attributes: { title: "a" } },
      { resource: { id: second }, attributes: { title: "b" }, deleted: { position: gone } },
    ]);
    expect((await asking(world, "deleted", { type: "Group" })).count).toBe(0);
  });

  it("refused shows what changed nothing, and counts what had no room", async () => {
    const world = new World();
    const ada = world.user("ada");
    const rejected = world.record(
      "attempt",
      AttemptRejected(
        { method: "PATCH", resourceType: "User", resource: ada, status: 400, scimType: "invalidPath" },
        { detail: "no such attribute" },
      ),
    );
    world.actor = okta;
    world.record("attempt", AttemptsDropped({ count: 7 }));
    const { rows } = await asking(world, "refused", {});
    expect(rows).toMatchObject([
      {
        evidence: { position: rejected, type: "AttemptRejected" },
        ...{ method: "PATCH", resource: ada, status: 400, detail: "no such attribute", count: 1 },
      },
      { count: 7 },
    ]);
    expect((await asking(world, "refused", { actor: "cred-2" })).rows).toMatchObject([{ count: 7 }]);
  });

  it("readings joins beginning and end; without an end, nothing says how much had left", async () => {
    const world = new World();
    world.record(
      "inspection",
      InspectionBegun({ inspection: "i-1", question: "members-at" }, { parameters: { id: "g" } }),
    );
    world.record("inspection", InspectionBegun({ inspection: "i-2", question: "diff" }, { parameters: {} }));
    world.record("inspection", InspectionEnded({ inspection: "i-1", rows: 3, bytes: 99, outcome: "complete" }));
    const { rows } = await asking(world, "readings", {});
    expect(rows).toMatchObject([
      { question: "members-at", parameters: { id: "g" }, outcome: "complete", rows: 3, bytes: 99 },
      { question: "diff", ended: null, outcome: null, rows: null },
    ]);
  });

  it("erasures tells who was erased, why and what stays, without a value; one under way is told as such", async () => {
    const world = new World();
    const [ada, grace] = [world.user("lovelace"), world.user("hopper")];
    const from = formatInstant(world.now + 1);
    world.approval = "TICKET-7";
    world.delete(ada);
    const erased = world.erase(ada, "case 17");
    world.approval = undefined;
    world.delete(grace);
    world.erase(grace, "case 18");
    const to = formatInstant(world.now + 1);
    const remains = { events: 3, accessIntervals: 1, recordMonths: ["2026-09"] };
    const destroyed = world.completeErasure(ada, { erased: { events: 1, claims: 1 }, remains });
    const answer = await asking(world, "erasures", { from, to });
    expect(answer.rows).toMatchObject([
      {
        ...{ user: ada, reason: "case 17", approval: "TICKET-7", unreadable: { events: 1, claims: 1 }, remains },
        ...{ erased: { position: erased, actor: { name: "Entra ID" } }, keyDestroyed: { position: destroyed } },
      },
      { user: grace, reason: "case 18", approval: null, keyDestroyed: null, unreadable: null, remains: null },
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/lovelace|hopper/u);
  });

  it("completeness names a clock that went back, and finds no place missing", async () => {
    const world = new World();
    world.user("ada");
    world.now -= 5_000_000;
    world.user("grace");
    world.record("inspection", InspectionBegun({ inspection: "i-1", question: "diff" }, { parameters: {} }));
    const { rows } = await asking(world, "completeness", {});
    expect(rows).toMatchObject([
      {
        ...{ first: "0000000000000001", last: world.position, places: 3, seen: 3, missing: 0 },
        ...{ events: { UserCreated: 2 }, inspections: 1, attempts: 0, moreClockSteps: 0 },
        clockSteps: [{ position: "0000000000000002" }],
      },
    ]);
  });

  it("completeness says that places cannot be counted where positions are no count", async () => {
    const world = new World();
    world.user("ada");
    const sources = sourcesOf(world);
    const { isGapless: _, ...log } = sources.log;
    const text = await textOf(questionNamed("completeness"), {}, { ...sources, log });
    expect(JSON.parse(text).rows).toMatchObject([{ places: null, seen: 1, missing: null }]);
  });

  it("churn tells one large request from as many small ones", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const [calm, mass] = [world.group("calm"), world.group("mass")];
    for (const [index, user] of [ada, grace].entries()) {
      world.requestId = `small-${index}`;
      world.add(calm, user);
    }
    world.requestId = "sync";
    world.add(mass, ada, grace);
    world.remove(mass, ada, grace);
    const { rows } = await asking(world, "churn", {});
    expect(rows).toMatchObject([
      { group: { id: calm }, added: 2, removed: 0, requests: 2, largest: { added: 1 } },
      {
        day: "2026-09-21",
        group: { id: mass },
        added: 2,
        removed: 2,
        requests: 1,
        largest: { requestId: "sync", removed: 2 },
      },
    ]);
  });

  it("churn counts what ends with a member and with a group, by the request that ended it, and says so", async () => {
    const world = new World();
    const [ada, grace, alan] = [world.user("ada"), world.user("grace"), world.user("alan")];
    const inner = world.group("inner", ada, grace);
    const outer = world.group("outer", inner, alan);
    const from = formatInstant(world.now + 1_000_000);
    world.requestId = "goodbye ada";
    const death = world.delete(ada, false);
    // The service writes that down behind the deletion, on its own account, here on another day.
    const to = formatInstant(world.now + 1_000_000);
    world.now += 86_400_000_000;
    const [entraId, service] = [world.actor, { credential: "system", name: "scim-ledger", kind: "system" }];
    [world.actor, world.requestId] = [service, `event-${Number(death)}`];
    world.append("Group", inner, [GroupMembersRemoved({ members: [ada], cause: "userDeleted" })]);
    // Whoever is put in after death never was in.
    world.add(inner, ada);
    world.append("Group", inner, [GroupMembersRemoved({ members: [ada], cause: "userDeleted" })]);
    [world.actor, world.requestId] = [entraId, "goodbye inner"];
    world.delete(inner);
    const none = { removed: 0, userDeleted: 0, groupDeleted: 0 };
    const died = { group: { id: inner }, added: 0, removed: 1, causes: { ...none, userDeleted: 1 }, requests: 1 };
    const { rows } = await asking(world, "churn", { from });
    expect(rows).toMatchObject([
      { ...died, day: "2026-09-21", largest: { requestId: "goodbye ada", actor: { name: "Entra ID" } } },
      {
        ...{ day: "2026-09-22", group: { id: outer }, added: 0, removed: 1, causes: { ...none, groupDeleted: 1 } },
        largest: { requestId: "goodbye inner", added: 0, removed: 1 },
      },
      {
        ...{ day: "2026-09-22", group: { id: inner }, added: 0, removed: 1, causes: { ...none, groupDeleted: 1 } },
        largest: { requestId: "goodbye inner", added: 0, removed: 1 },
      },
    ]);
    expect(rows).toHaveLength(3);
    expect((await asking(world, "churn", { from, to })).rows).toMatchObject([died]);
    expect((await asking(world, "churn", { from, group: outer })).rows).toMatchObject([{ group: { id: outer } }]);
  });

  it("members whose names are too long for one page of them are all told", async () => {
    const world = new World();
    const members = ["a", "b", "c"].map((name) => world.user({ userName: name, displayName: name.repeat(3_000_000) }));
    const group = world.group("group", ...members);
    const blamed = await asking(world, "blame", { type: "groups", id: group, attribute: "members" });
    expect(blamed.rows.map(({ member }) => member)).toEqual(members);
    world.delete(group);
    const { rows } = await asking(world, "blast-radius", { from: formatInstant(world.now) });
    const lost = rows.filter(({ effect }) => String(effect) === "lost");
    expect(lost.map(({ subject }) => subject!["id"])).toEqual(members);
    expect((await asking(world, "churn", { group })).rows).toMatchObject([{ added: 3, removed: 3 }]);
  });

  it("credentials shows credentials as of an instant: never used is not used long ago", async () => {
    const world = new World();
    world.ofTenant(TenantCreated({ name: "Acme" }));
    world.ofTenant(credential("cred-1"));
    world.ofTenant(credential("cred-2"));
    world.ofTenant(CredentialUsed({ credential: "cred-1" }));
    world.ofTenant(CredentialSecretAdded({ credential: "cred-1", secret: "new", hash: "11" }));
    world.ofTenant(CredentialSecretRemoved({ credential: "cred-1", secret: "cred-1-secret-1" }));
    const asOf = formatInstant(world.now);
    world.ofTenant(CredentialRevoked({ credential: "cred-2" }));
    world.now += 3 * 86_400_000_000;
    world.user("ada");
    const { rows } = await asking(world, "credentials", {});
    expect(rows).toMatchObject([
      {
        credential: "cred-1",
        status: "live",
        unusedDays: 3,
        secrets: [{ id: "new", ageDays: 3 }],
        issuedBy: { id: "cred-1" },
      },
      { credential: "cred-2", status: "revoked", lastUsed: null, unusedDays: null },
    ]);
    expect((await asking(world, "credentials", { asOf })).rows).toMatchObject([{ unusedDays: 0 }, { status: "live" }]);
  });
});
