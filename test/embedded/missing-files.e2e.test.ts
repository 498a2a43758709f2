// A start looks at what a data folder holds before it writes to it: files that do not belong together are refused as they are.
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
