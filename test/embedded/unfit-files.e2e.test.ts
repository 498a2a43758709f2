// A start looks at what a data folder holds before it writes to it: files that do not belong together are refused as they are.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { ask, createUser, run, runHere, startServer, tokensIn } from "../cli/command.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();
const healthy = newFolder();
/** The same service before its last users came. */
const earlier = newFolder();

const copyOf = (folder: string): string => {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  return copy;
};

const remove = (folder: string, file: string): void => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, file + suffix), { force: true });
};

const replaceBy = (folder: string, file: string, other: string): void => {
  remove(folder, file);
  for (const suffix of ["", "-wal", "-shm"]) {
    if (readdirSync(other).includes(file + suffix)) cpSync(join(other, file + suffix), join(folder, file + suffix));
  }
};

/** Every file of a folder, and what is in it; but for the read-write locks of readers. */
const contentOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/-(?:wal|shm)$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path, readFileSync(path).toString("base64")]);

/** The one sentence with which a start is refused. */
async function refusal(folder: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(["serve"], { SCIM_LEDGER_DATA: folder, ...env });
  expect([code, stdout, stderr.trim().split("\n")]).toEqual([1, "", [stderr.trim()]]);
  return stderr;
}

const startsAgain = async (folder: string) => (await (await startServer(folder)).stop()).code;

beforeAll(async () => {
  for (const part of ["before", "after"]) {
    const server = await startServer(healthy);
    const { provisioning } = tokensIn(healthy);
    for (let i = 0; i < 20; i++) await createUser(server, provisioning, `${part}-${i}`);
    await server.stop();
    if (part === "before") cpSync(healthy, earlier, { recursive: true, preserveTimestamps: true });
  }
});

describe("a start where the log is lost", () => {
  const LEFT = ["vault.db", "views.db", join("ledger", "heads")];

  it.each([
    ["all else is there", LEFT],
    ["its vault is there", LEFT.slice(0, 1)],
    ["its read models are there", LEFT.slice(1, 2)],
    ["heads of its ledger are there", LEFT.slice(2)],
  ])("is refused where %s, and touches nothing", async (_, left) => {
    const folder = copyOf(healthy);
    remove(folder, "log.db");
    for (const name of ["lock.db", "holder.json"]) remove(folder, name);
    for (const file of ["vault.db", "views.db"]) if (!left.includes(file)) remove(folder, file);
    if (left.length === 1 && left[0] !== LEFT[2]) rmSync(join(folder, "ledger"), { recursive: true });
    const before = contentOf(folder);
    const said = await refusal(folder);
    expect(said).toContain(`${join(folder, "log.db")} is missing`);
    for (const name of left) expect(said).toContain(join(folder, name));
    expect(contentOf(folder)).toEqual(before);
  });

  it("is refused where heads of its ledger are in a folder of their own, and the data folder is new", async () => {
    const [folder, elsewhere] = [join(newFolder(), "data"), newFolder()];
    cpSync(join(healthy, "ledger"), elsewhere, { recursive: true });
    const said = await refusal(folder, { SCIM_LEDGER_LEDGER_FOLDER: elsewhere });
    expect(said).toContain(join(elsewhere, "heads"));
    expect(existsSync(folder)).toBe(false);
  });

  it("is refused where the log is a blank file, also by verbs that open the folder as a service does", async () => {
    const folder = copyOf(healthy);
    remove(folder, "log.db");
    writeFileSync(join(folder, "log.db"), "");
    expect(await refusal(folder)).toContain(`${join(folder, "log.db")} is empty`);
    const accept = ["ledger", "accept-restore", "--data", folder, "--reason", "none"];
    expect(await runHere(accept)).toMatchObject({ code: 1, stderr: expect.stringContaining("log.db is empty") });
    replaceBy(folder, "log.db", healthy);
    expect(await startsAgain(folder)).toBe(0);
  });
});

describe("a start on a log without its vault", () => {
  it("is refused where the vault is missing, and goes on once it is back", async () => {
    const folder = copyOf(healthy);
    remove(folder, "vault.db");
    const said = await refusal(folder);
    expect(said).toContain(`${join(folder, "vault.db")} is missing`);
    expect(said).toContain("restore a backup");
    expect(readdirSync(folder)).not.toContain("vault.db");
    replaceBy(folder, "vault.db", healthy);
    expect(await startsAgain(folder)).toBe(0);
  });

  it("is refused where the vault is a blank one", async () => {
    const folder = copyOf(healthy);
    remove(folder, "vault.db");
    writeFileSync(join(folder, "vault.db"), "");
    expect(await refusal(folder)).toContain(`${join(folder, "vault.db")} holds no keys`);
  });

  it("is refused where the vault is older than the log", async () => {
    const folder = copyOf(healthy);
    replaceBy(folder, "vault.db", earlier);
    expect(await refusal(folder)).toMatch(/vault\.db lacks \d+ of the keys .* older than this log/u);
  });

  it("is not refused for a key that was destroyed, though the vault has no trace of it, as one that was in MongoDB", async () => {
    const folder = copyOf(healthy);
    const server = await startServer(folder);
    const { provisioning, administrator } = tokensIn(folder);
    const id = await createUser(server, provisioning, "erased");
    const path = `POST /admin/v1/tenants/default/users/${id}/erase`;
    expect((await ask(server, administrator, path, { confirm: id, reason: "case 17" })).status).toBe(200);
    await server.stop();
    const vault = new DatabaseSync(join(folder, "vault.db"));
    expect(vault.prepare("DELETE FROM keys WHERE wrapped = zeroblob(60)").run().changes).toBe(1);
    vault.close();
    expect(await startsAgain(folder)).toBe(0);
    expect((await runHere(["doctor", "--data", folder])).code).toBe(0);
  });

  it("is not refused where a first start was killed before it had made anything", async () => {
    const folder = newFolder();
    for (const file of ["vault.db", "log.db"]) writeFileSync(join(folder, file), "");
    cpSync(join(healthy, "root.key"), join(folder, "root.key"));
    expect(await startsAgain(folder)).toBe(0);
  });
});

describe("a start on a damaged file", () => {
  it.each(["log.db", "vault.db"])("names %s and says what to do", async (file) => {
    const folder = copyOf(healthy);
    const path = join(folder, file);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    truncateSync(path, statSync(path).size / 2);
    expect(await refusal(folder)).toBe(
      `${path} is damaged: database disk image is malformed; “scim-ledger doctor” looks closer, and “scim-ledger restore” puts a backup in its place\n`,
    );
  });
});
