import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { rootKeyIn } from "../../src/vault/key-service.ts";
import { takeOver } from "../../src/vault/mongodb/take-over.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { openSqliteVault } from "../../src/vault/sqlite/vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";

describeOnMongo("keys that are taken over from a data folder", ({ database }) => {
  const folder = temporaryFolders();

  it("are all there, under their names and tenants, but for those that were destroyed, after a copy that broke off too", async () => {
    const [from, to] = [folder(), { database, openService: rootKeyIn(join(folder(), "root.key")) }];
    const old = await openSqliteVault(from);
    await old.prepareTenant("acme");
    await old.prepareTenant("globex");
    const named = await old.named("acme", "records/2026-11");
    const keys = await Promise.all(Array.from({ length: 1_500 }, () => old.assign("acme")));
    const claimKeys = await Promise.all(["acme", "globex"].map((tenant) => old.claimKey(tenant)));

    const onProgress = () => {
      throw new Error("the line is cut");
    };
    const broken = takeOver(from, { ...to, onProgress });
    await expect(broken).rejects.toThrow("the line is cut");
    await expect(openMongoVault(to)).rejects.toThrow("run “scim-ledger keys copy” to its end");
    const [gone, ...kept] = keys;
    await old.destroy("acme", [gone!.id]);
    await old.close();

    const seen: number[] = [];
    const report = await takeOver(from, { ...to, onProgress: (done, all) => void seen.push(done / all) });
    expect(report.tenants).toBe(2);
    expect(seen.at(-1)).toBe(1);
    const vault = await openMongoVault(to);
    expect(await vault.open("acme", gone!.id)).toBeUndefined();
    const opened = await Promise.all(kept.map(({ id }) => vault.open("acme", id)));
    expect(opened).toEqual(kept.map(({ secret }) => secret));
    expect(await vault.named("acme", "records/2026-11")).toEqual(named);
    expect(await Promise.all(["acme", "globex"].map((tenant) => vault.claimKey(tenant)))).toEqual(claimKeys);
    await expect(takeOver(from, to)).rejects.toThrow("has keys of its own: keys are taken over into a new one alone");
    await vault.close();
  });
});
