import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { keyIdBytes, keyIdOf } from "../../src/vault/key-id.ts";
import { VaultUnavailable } from "../../src/vault/key-vault.ts";
import { VaultKeeper } from "../../src/vault/sqlite/keeper.ts";
import { openSqliteVault, openVaultReadOnly } from "../../src/vault/sqlite/vault.ts";
import { KeyStock } from "../../src/vault/stock.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const folder = temporaryFolders();

const bytesOfAllFiles = (where: string) =>
  Buffer.concat(readdirSync(where).map((file) => readFileSync(join(where, file))));

/** What the file holds of each key now: its id and its wrapped secret. */
function wrappedKeys(where: string) {
  const database = new DatabaseSync(join(where, "vault.db"), { readOnly: true });
  const rows = database.prepare("SELECT name, wrapped FROM keys").all();
  database.close();
  return rows
    .filter(({ wrapped }) => (wrapped as Uint8Array).some((byte) => byte !== 0))
    .map(({ name, wrapped }) => ({ id: keyIdOf(name as Uint8Array), wrapped: wrapped as Uint8Array }));
}

describe("a destroyed key is gone from every file", () => {
  it("whatever was made and destroyed before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ made: fc.integer({ min: 1, max: 400 }), destroyed: fc.infiniteStream(fc.boolean()) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (rounds) => {
          const where = folder();
          const keeper = new VaultKeeper(where);
          keeper.prepareTenant("acme");
          const gone: Uint8Array[] = [];
          for (const { made, destroyed } of rounds) {
            keeper.stock("acme", made);
            const victims = wrappedKeys(where).filter(() => destroyed.next().value);
            keeper.destroy(
              "acme",
              victims.map(({ id }) => id),
            );
            gone.push(...victims.map(({ wrapped }) => wrapped));
          }
          const stored = bytesOfAllFiles(where);
          const halves = gone.flatMap((wrapped) => [wrapped.subarray(12, 28), wrapped.subarray(28, 44)]);
          expect(halves.filter((half) => stored.includes(half))).toEqual([]);
          for (const { wrapped } of wrappedKeys(where)) expect(stored.includes(wrapped)).toBe(true);
          keeper.close();
        },
      ),
      { numRuns: 12 },
    );
  });

  it("while another thread's connection is open, which stops serving it from memory", async () => {
    const where = folder();
    const vault = await openSqliteVault(where);
    await vault.prepareTenant("acme");
    const [gone, kept] = [await vault.assign("acme"), await vault.assign("acme")];
    const reader = openVaultReadOnly(where);
    expect(reader.open("acme", gone.id)).toEqual(gone.secret);
    await vault.destroy("acme", [gone.id]);
    expect(reader.open("acme", gone.id)).toBeUndefined();
    expect(reader.open("acme", kept.id)).toEqual(kept.secret);
    expect(statSync(join(where, "vault.db-wal")).size).toBe(0);
    reader.close();
    await vault.close();
  });
});

describe("no file holds a secret in clear", () => {
  it("neither data keys nor the claim key", async () => {
    const where = folder();
    const vault = await openSqliteVault(where);
    await vault.prepareTenant("acme");
    const secrets = [vault.claimKey("acme"), ...Array.from({ length: 50 }, () => vault.assign("acme"))];
    const stored = bytesOfAllFiles(where);
    for (const secret of secrets)
      expect(stored.includes("secret" in secret ? secret.secret : (secret as Uint8Array))).toBe(false);
    await vault.close();
  });
});

describe("the root key", () => {
  it("is readable by its owner alone, and the same at the next start", async () => {
    const where = folder();
    await (await openSqliteVault(where)).close();
    const path = join(where, "root.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const made = readFileSync(path, "utf8");
    await (await openSqliteVault(where)).close();
    expect(readFileSync(path, "utf8")).toBe(made);
  });

  it.each([
    ["missing", (path: string) => rmSync(path), "is missing"],
    ["cut short", (path: string) => writeFileSync(path, "c2hvcnQ="), "does not hold 32 bytes"],
  ])("that is %s is not made anew beside an existing vault", async (_, damage, says) => {
    const where = folder();
    await (await openSqliteVault(where)).close();
    damage(join(where, "root.key"));
    await expect(openSqliteVault(where)).rejects.toThrow(says);
  });

  it("of another vault opens nothing", async () => {
    const [where, other] = [folder(), folder()];
    const vault = await openSqliteVault(where);
    await vault.prepareTenant("acme");
    await vault.close();
    await (await openSqliteVault(other)).close();
    const path = join(where, "root.key");
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(join(other, "root.key")));
    const again = await openSqliteVault(where);
    await expect(again.prepareTenant("acme")).rejects.toThrow(
      "tenant key of acme was altered, or wrapped by another key",
    );
    await again.close();
  });
});

describe("the stock of keys", () => {
  const batch = (count: number) => crypto.getRandomValues(new Uint8Array(count * 48));

  it("is filled again before it runs out, one batch at a time", async () => {
    let asked = 0;
    const stock = new KeyStock(async (count) => {
      asked++;
      return batch(count);
    });
    await stock.fill();
    for (let i = 0; i < 5_000; i++) {
      expect(stock.take()).not.toBeInstanceOf(Promise);
      await undefined;
    }
    expect(asked).toBeLessThanOrEqual(6);
  });

  it("rejects while none can be made, serves what it has, and goes on afterwards", async () => {
    let full = false;
    const stock = new KeyStock(async (count) => {
      if (full) throw new VaultUnavailable("the disk is full");
      return batch(count);
    });
    await stock.fill();
    full = true;
    for (let i = 0; i < 1_024; i++) expect(stock.take()).not.toBeInstanceOf(Promise);
    await expect(stock.take()).rejects.toThrow("the disk is full");
    full = false;
    expect((await stock.take()).secret).toHaveLength(32);
  });
});

describe("the vault's file", () => {
  it("of a newer version is refused in a sentence", async () => {
    const where = folder();
    await (await openSqliteVault(where)).close();
    const database = new DatabaseSync(join(where, "vault.db"));
    database.exec("PRAGMA user_version = 2");
    database.close();
    await expect(openSqliteVault(where)).rejects.toThrow(
      /is a scim-ledger key vault of format 2 and this version knows/,
    );
  });

  it.each(["not a database at all, but long enough to look like one".repeat(20), ""])(
    "of another kind is refused",
    async (text) => {
      const where = folder();
      await (await openSqliteVault(where)).close();
      for (const file of readdirSync(where).filter((name) => name !== "root.key")) rmSync(join(where, file));
      writeFileSync(join(where, "vault.db"), text);
      const opening = openSqliteVault(where);
      if (text === "") await (await opening).close();
      else await expect(opening).rejects.toThrow("is not a scim-ledger key vault");
    },
  );

  it("made before keys had names is used on", async () => {
    const where = folder();
    await (await openSqliteVault(where)).close();
    const database = new DatabaseSync(join(where, "vault.db"));
    database.exec("DROP TABLE named");
    database.close();
    const vault = await openSqliteVault(where);
    await vault.prepareTenant("acme");
    expect((await vault.named("acme", "records/2026-11")).secret).toHaveLength(32);
    await vault.close();
  });

  it("outlives a request that fails", async () => {
    const where = folder();
    const vault = await openSqliteVault(where);
    await vault.prepareTenant("acme");
    await expect(vault.prepareTenant(undefined as never)).rejects.toBeInstanceOf(VaultUnavailable);
    expect(vault.open("acme", (await vault.assign("acme")).id)).toBeDefined();
    await vault.close();
  });
});

it("an id of a key is 16 bytes in base64url, written in one way only", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(Buffer.from(keyIdBytes(keyIdOf(bytes))!)).toEqual(Buffer.from(bytes));
      expect(keyIdBytes(`${keyIdOf(bytes)}=`)).toBeUndefined();
    }),
  );
});
