import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { rootKeyIn } from "../../src/vault/key-service.ts";
import { handBack } from "../../src/vault/mongodb/hand-back.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { openSqliteVault } from "../../src/vault/sqlite/vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";

describeOnMongo("keys that are handed back to a data folder", ({ client, database }) => {
  const folder = temporaryFolders();
  let vaults = 0;
  const newVault = () => ({
    database: client.db(`${database.databaseName}_${++vaults}`),
    openService: rootKeyIn(join(folder(), "root.key")),
  });

  it("are all there, under their names and tenants, but for those that were destroyed, after a copy that broke off too", async () => {
    const [from, to] = [newVault(), folder()];
    const old = await openMongoVault(from);
    await old.prepareTenant("acme");
    await old.prepareTenant("globex");
    const named = await old.named("acme", "records/2026-11");
    const keys = await Promise.all(Array.from({ length: 1_500 }, () => old.assign("acme")));
    const claimKeys = await Promise.all(["acme", "globex"].map((tenant) => old.claimKey(tenant)));

    const onProgress = () => {
      throw new Error("the line is cut");
    };
    await expect(handBack(to, { ...from, onProgress })).rejects.toThrow("the line is cut");
    expect(existsSync(join(to, "vault.db"))).toBe(false);
    const [gone, ...kept] = keys;
    await old.destroy("acme", [gone!.id]);
    await old.close();

    const seen: number[] = [];
    const report = await handBack(to, { ...from, onProgress: (done, all) => void seen.push(done / all) });
    expect(report.tenants).toBe(2);
    expect(seen.at(-1)).toBe(1);
    const vault = await openSqliteVault(to);
    expect(await vault.open("acme", gone!.id)).toBeUndefined();
    const opened = await Promise.all(kept.map(({ id }) => vault.open("acme", id)));
    expect(opened).toEqual(kept.map(({ secret }) => secret));
    expect(await vault.named("acme", "records/2026-11")).toEqual(named);
    expect(await Promise.all(["acme", "globex"].map((tenant) => vault.claimKey(tenant)))).toEqual(claimKeys);
    await vault.close();
    await expect(handBack(to, from)).rejects.toThrow("has keys of its own in vault.db");
    await from.database.dropDatabase();
  });

  describe("are refused, and the folder gets no vault,", () => {
    const made = async () => {
      const from = newVault();
      const vault = await openMongoVault(from);
      await vault.prepareTenant("acme");
      await vault.close();
      return from;
    };
    const refusal = async (from: Parameters<typeof handBack>[1]) => {
      const to = folder();
      const refused = await handBack(to, from).catch(String);
      expect(existsSync(join(to, "vault.db"))).toBe(false);
      await from.database.dropDatabase();
      return refused;
    };

    it("where there is no vault, and none is made by asking", async () => {
      const from = newVault();
      expect(await refusal(from)).toContain("there is no vault in database");
      expect(await from.database.listCollections().toArray()).toEqual([]);
    });

    it("while a copy into the vault is not at its end", async () => {
      const from = await made();
      await from.database
        .collection<{ _id: string }>("vault.state")
        .updateOne({ _id: "vault" }, { $set: { copying: true } });
      expect(await refusal(from)).toContain("is not whole");
    });

    it("where a key was altered", async () => {
      const from = await made();
      const keys = from.database.collection("vault.keys");
      const [one, other] = await keys.find().limit(2).toArray();
      await keys.updateOne({ _id: one!._id }, { $set: { wrapped: other!["wrapped"] } });
      expect(await refusal(from)).toContain("the vault's data key of acme was altered, or wrapped by another key");
    });

    it("where a service still makes keys", async () => {
      const from = await made();
      const serving = await openMongoVault(from);
      const also = async () => void (await serving.named("acme", "new"));
      expect(await refusal({ ...from, also })).toContain("a service uses the vault in MongoDB; stop every one first");
      await serving.close();
    });
  });
});
