import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, runHere, type Server, startServer, tokensIn, userBody } from "./command.ts";

const newFolder = temporaryFolders();
let server: Server;
let data: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  data = newFolder();
  server = await startServer(data);
  env = { SCIM_LEDGER_ADMIN_TOKEN: tokensIn(data).administrator };
});
afterAll(async () => {
  await server.stop();
});

/** commander reads the variable of an option from the process itself. */
const token = (...args: string[]) =>
  runHere(["token", ...args, "--url", server.url, "--token", env["SCIM_LEDGER_ADMIN_TOKEN"]!]);

const issued = async (...more: string[]) => {
  const { stdout } = await token("issue", "--name", "Entra ID", "--kind", "provisioning", "--json", ...more);
  return JSON.parse(stdout) as { id: string; token: string; secret: string; expires?: string; scopes: string[] };
};

const may = async (bearer: string) => (await ask(server, bearer, "GET /scim/v2/Users?count=1")).status;

describe("token", () => {
  it("issues a token, alone on stdout", async () => {
    const { code, stdout, stderr } = await token("issue", "--name", "Okta", "--kind", "provisioning");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^scl_[0-9A-Za-z_]+\n$/u);
    expect(stderr).toContain("“Okta”");
    expect(await may(stdout.trim())).toBe(200);
  });

  it("takes an end, scopes, a profile and a rate", async () => {
    const one = await issued(
      "--expires",
      "90d",
      "--scopes",
      "scim:read",
      "--profile",
      "rfc",
      "--requests-per-minute",
      "2",
    );
    expect(one.scopes).toEqual(["scim:read"]);
    const days = (Date.parse(one.expires!) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    expect([await may(one.token), await may(one.token), await may(one.token)]).toEqual([200, 200, 429]);
  });

  it("binds a credential to a user, and to nobody else", async () => {
    const { provisioning } = tokensIn(data);
    const made = await ask(server, provisioning, "POST /scim/v2/Users", userBody("ada"));
    const { id } = JSON.parse(made.text);
    const one = await issued("--me", id);
    expect(JSON.parse((await ask(server, one.token, "GET /scim/v2/Me")).text).id).toBe(id);
    expect((await ask(server, (await issued()).token, "GET /scim/v2/Me")).status).toBe(501);
    const refused = await token("issue", "--name", "x", "--kind", "provisioning", "--me", "nobody");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("me: must be the id of a user")]);
  });

  it("lists credentials without a secret", async () => {
    const { stdout } = await token("list");
    expect(stdout).toContain("first administrator");
    expect(stdout).not.toContain("scl_");
    expect(
      JSON.parse((await token("list", "--tenant", "default", "--json")).stdout).credentials.length,
    ).toBeGreaterThan(2);
  });

  it("rotates: both secrets live until the old one is removed", async () => {
    const first = await issued();
    const second = JSON.parse((await token("rotate", first.id, "--json")).stdout);
    expect([await may(first.token), await may(second.token)]).toEqual([200, 200]);
    expect((await token("remove-secret", first.id, first.secret)).code).toBe(0);
    expect([await may(first.token), await may(second.token)]).toEqual([401, 200]);
  });

  it("revokes for good", async () => {
    const one = await issued();
    expect(await token("revoke", one.id)).toMatchObject({ code: 0, stdout: `the credential ${one.id} is revoked\n` });
    expect(await may(one.token)).toBe(401);
  });

  it("says what the service says, and what is missing", async () => {
    expect(await token("revoke", "nobody")).toMatchObject({ code: 1, stderr: expect.stringContaining("(404)") });
    expect(await token("issue", "--name", "x", "--kind", "boss")).toMatchObject({ code: 2, stdout: "" });
    expect(await token("issue", "--name", "x", "--kind", "auditor", "--expires", "soon")).toMatchObject({ code: 2 });
    expect(await runHere(["token", "list", "--url", "http://127.0.0.1:9", "--token", "x"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing answers"),
    });
    expect(await runHere(["token", "list", "--url", server.url])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("SCIM_LEDGER_ADMIN_TOKEN"),
    });
  });
});
