// The promises of the KeyVault port; an adapter's test file calls this with a way to open a vault on a data folder.
import { afterEach, describe, expect, it } from "@jest/globals";
import type { DataKey, KeyVault } from "../../src/vault/key-vault.ts";
import { temporaryFolders } from "../temporary-folder.ts";

export function describeKeyVault(name: string, open: (folder: string) => Promise<KeyVault>): void {
  describe(`${name} keeps the promises of a key vault`, () => {
    const folder = temporaryFolders();
    const opened: KeyVault[] = [];
    const start = async (where = folder()) => {
      const vault = await open(where);
      opened.push(vault);
      await vault.prepareTenant("acme");
      return vault;
    };
    const end = async (vault: KeyVault) => {
      opened.splice(opened.indexOf(vault), 1);
      await vault.close();
    };
    afterEach(async () => {
      for (const vault of opened.splice(0)) await vault.close();
    });

    it("assigns keys of 32 bytes, at once while there is stock, and opens them", async () => {
      const vault = await start();
      const key = vault.assign("acme") as DataKey;
      expect(key).not.toBeInstanceOf(Promise);
      expect(key.secret).toHaveLength(32);
      expect(await vault.open("acme", key.id)).toEqual(key.secret);
    });

    it("never assigns a key twice, however many are asked for at once, nor after a restart", async () => {
      const where = folder();
      const vault = await start(where);
      const first = await Promise.all(Array.from({ length: 3_000 }, () => vault.assign("acme")));
      await end(vault);
      const again = await start(where);
      const second = await Promise.all(Array.from({ length: 100 }, () => again.assign("acme")));
      const all = [...first, ...second];
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(new Set(all.map(({ secret }) => Buffer.from(secret).toString("hex"))).size).toBe(all.length);
      for (const { id, secret } of all) expect(await again.open("acme", id)).toEqual(secret);
    });

    it("opens no key under another tenant, and none that it never had", async () => {
      const vault = await start();
      await vault.prepareTenant("globex");
      const { id } = await vault.assign("acme");
      expect(await vault.open("globex", id)).toBeUndefined();
      for (const unknown of ["", "no key", "constructor", "__proto__", "A".repeat(22), `${id}A`])
        expect(await vault.open("acme", unknown)).toBeUndefined();
      expect(await vault.open("nobody", id)).toBeUndefined();
    });

    it("opens a destroyed key never again, leaves the others, and takes a repeat as done", async () => {
      const where = folder();
      const vault = await start(where);
      const [gone, kept] = [await vault.assign("acme"), await vault.assign("acme")];
      expect(await vault.open("acme", gone.id)).toEqual(gone.secret);
      await vault.destroy("acme", [gone.id]);
      await vault.destroy("acme", [gone.id, "unknown"]);
      expect(await vault.open("acme", gone.id)).toBeUndefined();
      expect(await vault.open("acme", kept.id)).toEqual(kept.secret);
      await end(vault);
      const again = await start(where);
      expect(await again.open("acme", gone.id)).toBeUndefined();
      expect(await again.open("acme", kept.id)).toEqual(kept.secret);
    });

    it("destroys no key for another tenant", async () => {
      const vault = await start();
      await vault.prepareTenant("globex");
      const { id, secret } = await vault.assign("acme");
      await vault.destroy("globex", [id]);
      expect(await vault.open("acme", id)).toEqual(secret);
    });

    it("keeps one claim key a tenant for ever, each its own", async () => {
      const where = folder();
      const vault = await start(where);
      await vault.prepareTenant("globex");
      const claimKey = await vault.claimKey("acme");
      expect(claimKey).toHaveLength(32);
      expect(await vault.claimKey("globex")).not.toEqual(claimKey);
      await vault.prepareTenant("acme");
      await end(vault);
      expect(await (await start(where)).claimKey("acme")).toEqual(claimKey);
    });

    it("finds a named key again: one a tenant and name, for everybody who asks and after a restart", async () => {
      const where = folder();
      const vault = await start(where);
      await vault.prepareTenant("globex");
      const [first, same] = await Promise.all([
        vault.named("acme", "records/2026-11"),
        vault.named("acme", "records/2026-11"),
      ]);
      expect(same).toEqual(first);
      expect(await vault.open("acme", first.id)).toEqual(first.secret);
      const others = [await vault.named("acme", "constructor"), await vault.named("globex", "records/2026-11")];
      expect(new Set([first, ...others].map(({ id }) => id)).size).toBe(3);
      await end(vault);
      const again = await start(where);
      expect(await again.named("acme", "records/2026-11")).toEqual(first);
      expect(await again.names("acme")).toEqual([
        { name: "constructor", keyId: others[0]!.id },
        { name: "records/2026-11", keyId: first.id },
      ]);
    });

    it("gives a name another key once its key is destroyed, and lists none that is", async () => {
      const vault = await start();
      const gone = await vault.named("acme", "records/2026-10");
      const kept = await vault.named("acme", "records/2026-11");
      await vault.destroy("acme", [gone.id]);
      expect(await vault.names("acme")).toEqual([{ name: "records/2026-11", keyId: kept.id }]);
      expect(await vault.open("acme", gone.id)).toBeUndefined();
      const fresh = await vault.named("acme", "records/2026-10");
      expect(fresh.id).not.toBe(gone.id);
      expect(await vault.open("acme", gone.id)).toBeUndefined();
    });

    it("refuses a tenant that was not prepared", async () => {
      const vault = await start();
      await expect((async () => vault.claimKey("nobody"))()).rejects.toThrow("nobody");
      await expect(vault.assign("nobody")).rejects.toThrow("nobody");
      await expect(vault.named("nobody", "any")).rejects.toThrow("nobody");
    });
  });
}
