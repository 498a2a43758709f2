// Resources that are larger than MongoDB can hold, over HTTP: every method gives the right answer or a right refusal, nothing
// stands still behind them, and doctor tells of them.
import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { runHere } from "../cli/command.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { overgrow } from "../support/overgrown.ts";
import { type Served, startServed } from "../support/served.ts";
import { temporaryFolders } from "../temporary-folder.ts";

// Each write of such a resource moves tens of megabytes.
jest.setTimeout(240_000);

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/** Their 9.6 MB stand in the document as JSON, as what filters compare, and as keys. */
const PHOTOS = 12;

describeOnMongo("resources that are too large for MongoDB", ({ uri, database }) => {
  const folder = temporaryFolders()();
  const environment = (() => {
    const views = new URL(uri);
    views.pathname = `/${database.databaseName}`;
    return {
      SCIM_LEDGER_DATA: folder,
      SCIM_LEDGER_READ_STORE: views.href,
      SCIM_LEDGER_KEYS: "file",
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
    };
  })();
  const ids: Record<string, string> = {};
  let served: Served;

  beforeAll(async () => {
    {
      await using before = await startServed(environment);
      for (const userName of ["patched", "deleted", "ada"]) {
        const { body } = await before.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName } });
        ids[userName] = String(body["id"]);
      }
    }
    for (const name of ["patched", "deleted"]) await overgrow(folder, ids[name]!, PHOTOS);
    served = await startServed(environment);
  }, 240_000);
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  const ask = (name: string, method: string, body?: object) =>
    served.ask(`${method} /scim/v2/Users/${ids[name]}`, body === undefined ? {} : { body });
  const patch = (name: string, ...Operations: object[]) => ask(name, "PATCH", { schemas: [PATCH_OP], Operations });
  const expectRefused = async (name: string) =>
    expect(await ask(name, "GET")).toMatchObject({
      status: 500,
      body: {
        status: "500",
        detail: expect.stringContaining(`User ${ids[name]} is larger than the read store can hold`),
      },
    });
  const expectToGoOn = async (userName: string) => {
    expect((await served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName } })).status).toBe(201);
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    expect((await served.ask(`GET /scim/v2/Users?filter=${filter}`)).body).toMatchObject({ totalResults: 1 });
  };

  it("are refused alone, and doctor says how many there are and what to do", async () => {
    for (const name of ["patched", "deleted"]) await expectRefused(name);
    expect((await ask("ada", "GET")).status).toBe(200);
    const { stdout } = await runHere(["doctor", "--json"], environment);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; says: string }[] };
    expect(findings.find(({ check }) => check === "large resources")).toMatchObject({
      state: "problem",
      says: expect.stringContaining("2 resources are larger than MongoDB holds"),
      advice: expect.stringContaining("remove values"),
    });
    for (const name of ["patched", "deleted"]) expect(stdout).toContain(`User ${ids[name]}`);
  });

  it("do not grow by PATCH, shrink by it, and are read again once they are small enough", async () => {
    const grown = await patch("patched", { op: "add", path: "title", value: "of the sea" });
    expect(grown).toMatchObject({
      status: 413,
      body: { status: "413", detail: expect.stringContaining("The resource would have") },
    });
    const remove = (type: string) => patch("patched", { op: "remove", path: `photos[type eq "${type}"]` });
    const whole = await patch("patched", { op: "remove", path: "photos" });
    expect(whole).toMatchObject({ status: 413, body: { detail: expect.stringContaining("too large to be stored") } });
    // Made, and told so, though nobody can read it yet.
    const one = await remove("t1");
    expect([one.status, one.text, one.headers.get("ETag")]).toEqual([204, "", `W/"${PHOTOS + 1}"`]);
    await expectRefused("patched");
    await expectToGoOn("after a smaller one");
    let last = one;
    for (let photo = 2; photo <= PHOTOS; photo++) last = await remove(`t${photo}`);
    expect(last).toMatchObject({ status: 200, body: { id: ids["patched"], userName: "patched" } });
    expect(last.body).not.toHaveProperty("photos");
    const title = await patch("patched", { op: "add", path: "title", value: "of the sea" });
    expect(title).toMatchObject({ status: 200, body: { title: "of the sea" } });
    expect(await ask("patched", "GET")).toMatchObject({ status: 200, body: { title: "of the sea" } });
  });

  it("are not replaced by PUT at once, as the change would hold all that goes, and nothing is half done", async () => {
    const put = await ask("deleted", "PUT", { schemas: [USER], userName: "deleted", title: "small" });
    expect(put).toMatchObject({ status: 413, body: { detail: expect.stringContaining("too large to be stored") } });
    await expectRefused("deleted");
    await expectToGoOn("after one that was not replaced");
  });

  it("are deleted, and lists are whole again", async () => {
    expect((await served.ask("GET /scim/v2/Users")).status).toBe(500);
    expect((await ask("deleted", "DELETE")).status).toBe(204);
    expect((await ask("deleted", "GET")).status).toBe(404);
    expect((await ask("deleted", "DELETE")).status).toBe(404);
    expect((await served.ask("GET /scim/v2/Users?attributes=userName")).body).toMatchObject({ totalResults: 4 });
    await expectToGoOn("deleted");
    const { stdout } = await runHere(["doctor", "--json"], environment);
    expect(stdout).toContain("the read models in MongoDB hold every resource");
  });
});
