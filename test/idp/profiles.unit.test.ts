// The table of profiles, and where a credential's profile shows: in its requests, in refused writes, in inspections.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DEFAULT_PROFILE, type Profile, profileNames, profileOf, profiles } from "../../src/scim/normalise/profile.ts";
import { rules } from "../../src/scim/normalise/rules.ts";
import { runHere } from "../cli/command.ts";
import { ask, startService, systemContext, type TestService } from "../http/fakes.ts";
import { patchOf, USER } from "./fixtures/fixture.ts";

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const tokenOf = async (profile: string): Promise<string> => {
  const request = { name: profile, kind: "provisioning", profile: profile as Profile } as const;
  return (await service.tenants.issue("default", request, systemContext)).token;
};

describe("the table of profiles", () => {
  it("has a line for each, and each dialect has a rule", () => {
    for (const name of profileNames) {
      expect(profiles[name].says.length).toBeGreaterThan(3);
      const own = rules.filter((rule) => rule.profiles.some((dialect) => dialect === name));
      expect([name, own.length > 0]).toEqual([name, profiles[name].strict !== true]);
    }
    expect(rules.every((rule) => rule.profiles.includes(DEFAULT_PROFILE))).toBe(true);
  });

  it("is what the help of “token issue” lists", async () => {
    const { stdout } = await runHere(["token", "issue", "--help"]);
    for (const name of profileNames) expect(stdout).toMatch(new RegExp(`^ {2}${name} +${profiles[name].says}$`, "mu"));
  });

  it.each(["", "Entra", "__proto__", "constructor", "entra-2"])("does not have “%s”: it is read strictly", (name) =>
    expect(profileOf(name)).toBe("rfc"),
  );
});

describe("the admin API", () => {
  const issue = (profile: string) =>
    ask(service, "POST /admin/v1/credentials", {
      token: service.admin,
      body: { name: "one", kind: "provisioning", profile },
    });

  it.each(profileNames)("issues a credential of the profile %s", async (profile) =>
    expect(await issue(profile)).toMatchObject({ status: 201, body: { profile } }),
  );
  it.each(["entra-2", "", "LENIENT"])("knows no profile “%s”", async (profile) =>
    expect(await issue(profile)).toMatchObject({ status: 400, body: { scimType: "invalidValue" } }),
  );
});

describe("a credential whose profile a newer version gave", () => {
  it("is read strictly, and its events name the profile as it is", async () => {
    const token = await tokenOf("from-the-future");
    const create = (active: unknown) =>
      ask(service, "POST /scim/v2/Users", { token, body: { schemas: [USER], userName: "future", active } });
    expect(await create("True")).toMatchObject({ status: 400, body: { scimType: "invalidValue" } });
    expect((await create(true)).status).toBe(201);
    expect(service.world.contexts.at(-1)).toMatchObject({ profile: "from-the-future" });
  });
});

describe("what is recorded of a request", () => {
  it("that was refused has the profile, and the rules by which it was read so far", async () => {
    const token = await tokenOf("entra");
    const created = await ask(service, "POST /scim/v2/Users", {
      token,
      body: { schemas: [USER], userName: "refused" },
    });
    const line = `PATCH /scim/v2/Users/${created.body["id"]}`;
    await ask(service, line, { token, body: patchOf('[{"op":"Replace","path":"active","value":"maybe"}]') });
    const refusals = () => service.recorder.recorded.filter(({ kind }) => kind === "attempt");
    // Those of other tests may come in before it.
    for (let i = 0; i < 100 && refusals().at(-1)?.profile !== "entra"; i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(refusals().at(-1)).toMatchObject({
      profile: "entra",
      rules: ["op-case"],
      event: { data: { status: 400, scimType: "invalidValue" } },
    });
  });

  it("that read the past by a filter has the rules that the filter needed", async () => {
    const past = new Date(Date.now() - 1_000).toISOString();
    const target = `/scim/v2/Users?asOf=${past}&filter=${encodeURIComponent('manager eq "m1"')}`;
    expect((await ask(service, `GET ${target}`, { token: service.auditor })).status).toBe(200);
    expect(service.recorder.recorded.find(({ kind }) => kind === "inspection")).toMatchObject({
      profile: "lenient",
      rules: ["filter-complex-value"],
    });
  });
});

describe("the type of an answer", () => {
  it("is what the request asks for, and else what the profile prefers", async () => {
    const typeOf = async (profile: string, accept: string) =>
      (
        await ask(service, "GET /scim/v2/Users", { token: await tokenOf(profile), headers: { Accept: accept } })
      ).headers.get("content-type");
    expect(await typeOf("onelogin", "*/*")).toBe("application/json; charset=utf-8");
    expect(await typeOf("onelogin", "application/scim+json")).toBe("application/scim+json");
    expect(await typeOf("entra", "*/*")).toBe("application/scim+json");
    expect(await typeOf("entra", "application/json")).toBe("application/json; charset=utf-8");
  });
});
