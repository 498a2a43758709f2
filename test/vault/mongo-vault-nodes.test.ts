// One vault, several nodes: who comes second takes what is there, and what one destroys none of them opens any more.
import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, it } from "@jest/globals";
import { type Db, MongoClient } from "mongodb";
import { keyServiceOf, rootKeyIn } from "../../src/vault/key-service.ts";
import type { DataKey, KeyVault } from "../../src/vault/key-vault.ts";
import { VaultUnavailable } from "../../src/vault/key-vault.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const NODES = 3;

describeOnMongo("several nodes on one vault", ({ uri, client, database }) => {
  const folder = temporaryFolders();
  const rootKey = randomBytes(32);
  const openService = () => keyServiceOf(rootKey);
  const onFresh = async (use: (database: Db) => Promise<void>) => {
    const fresh = client.db(`test_${randomBytes(6).toString("hex")}`);
    try {
      await use(fresh);
    } finally {
      await fresh.dropDatabase();
    }
  };
  let nodes: KeyVault[];
  const eachNode = <Answer>(ask: (node: KeyVault) => Promise<Answer>) => Promise.all(nodes.map(ask));

  beforeAll(async () => {
    nodes = await Promise.all(Array.from({ length: NODES }, () => openMongoVault({ database, openService })));
    await eachNode((node) => node.prepareTenant("acme"));
  });

  it("give a tenant one claim key when they prepare it at once", async () => {
    for (let round = 0; round < 2; round++) {
      const tenant = `t${round}`;
      await eachNode((node) => node.prepareTenant(tenant));
      const keys = await eachNode(async (node) => Buffer.from(await node.claimKey(tenant)).toString("hex"));
      expect(new Set(keys).size).toBe(1);
    }
  });

  it("know a tenant that another one prepared, without preparing it", async () => {
    await nodes[0]!.prepareTenant("globex");
    const key = await nodes[0]!.assign("globex");
    expect(await nodes[1]!.open("globex", key.id)).toEqual(key.secret);
    expect(await nodes[2]!.claimKey("globex")).toEqual(await nodes[0]!.claimKey("globex"));
    expect((await nodes[2]!.assign("globex")).secret).toHaveLength(32);
  });

  it("stock no keys for a tenant that was prepared before, until they assign one", async () => {
    const stocked = () => database.collection("vault.keys").countDocuments({ tenant: "globex" });
    const before = await stocked();
    const late = await openMongoVault({ database, openService });
    await late.prepareTenant("globex");
    expect(await stocked()).toBe(before);
    expect((await late.assign("globex")).secret).toHaveLength(32);
    expect(await stocked()).toBeGreaterThan(before);
  });

  it("make one key under a name, however many ask for it at once", async () => {
    for (let round = 0; round < 10; round++) {
      const asked = await Promise.all([...nodes, ...nodes].map((node) => node.named("acme", `records/${round}`)));
      expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
      expect(new Set(asked.map(({ secret }) => Buffer.from(secret).toString("hex"))).size).toBe(1);
    }
  });

  it("assign no key that another one assigned", async () => {
    const keys = (await eachNode((node) => assigned(node, 1_200))).flat();
    expect(new Set(keys.map(({ id }) => id)).size).toBe(NODES * 1_200);
    const opened = await Promise.all(keys.map(({ id }) => nodes[0]!.open("acme", id)));
    expect(opened).toEqual(keys.map(({ secret }) => secret));
  });

  it("open no key that one of them has destroyed, though each had it in memory, and open the others", async () => {
    const [gone, kept] = [await nodes[0]!.assign("acme"), await nodes[0]!.assign("acme")];
    const name = await nodes[0]!.named("acme", "records/2026-10");
    await eachNode(async (node) => {
      expect(await node.open("acme", gone.id)).toEqual(gone.secret);
      expect(await node.named("acme", "records/2026-10")).toEqual(name);
    });
    await nodes[0]!.destroy("acme", [gone.id, name.id]);
    await eachNode(async (node) => {
      expect(await node.open("acme", gone.id)).toBeUndefined();
      expect(await node.open("acme", kept.id)).toEqual(kept.secret);
      expect((await node.named("acme", "records/2026-10")).id).not.toBe(name.id);
    });
  });

  it("agree on the key of a name when they destroy and ask for it all the time", async () => {
    const ends = performance.now() + 3_000;
    const run = async (node: KeyVault) => {
      while (performance.now() < ends) {
        const { id } = await node.named("acme", "contended");
        if (Math.random() < 0.3) await node.destroy("acme", [id]);
        await pause(20);
      }
    };
    await eachNode(run);
    await pause(600);
    const last = await eachNode((node) => node.named("acme", "contended"));
    expect(new Set(last.map(({ id }) => id)).size).toBe(1);
    expect((await nodes[0]!.names("acme")).filter(({ name }) => name === "contended")).toHaveLength(1);
  });

  it("leave nothing of a destroyed key in the database", async () => {
    const { id } = await nodes[0]!.assign("acme");
    const documents = () => database.collection("vault.keys").countDocuments({ tenant: "acme" });
    const before = await documents();
    await nodes[1]!.destroy("acme", [id]);
    expect(await documents()).toBe(before - 1);
    expect(await database.collection("vault.keys").findOne({ _id: Buffer.from(id, "base64url") as never })).toBeNull();
  });

  it("keep no secret in clear, nor the root key", async () => {
    const keys = await assigned(nodes[0]!, 50);
    const secrets = [rootKey, await nodes[0]!.claimKey("acme"), ...keys.map(({ secret }) => secret)];
    const stored: Buffer[] = [];
    for (const collection of ["vault.keys", "vault.tenants", "vault.state"])
      for await (const document of database.collection(collection).find())
        stored.push(...Object.values(document).map(bytesIn));
    expect(stored.length).toBeGreaterThan(150);
    const bytes = Buffer.concat(stored);
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
  });

  it("say that the vault cannot be asked, never that a key is destroyed, when the database is gone", async () => {
    const lonely = new MongoClient(uri, { serverSelectionTimeoutMS: 500 });
    const vault = await openMongoVault({ database: lonely.db(database.databaseName), openService });
    const { id, secret } = await nodes[0]!.assign("acme");
    expect(await vault.open("acme", id)).toEqual(secret);
    await lonely.close();
    await pause(600);
    await expect(vault.open("acme", id)).rejects.toThrow(VaultUnavailable);
    await expect(vault.named("acme", "any")).rejects.toThrow(VaultUnavailable);
    await expect(vault.destroy("acme", [id])).rejects.toThrow(VaultUnavailable);
    expect(await nodes[0]!.open("acme", id)).toEqual(secret);
  });

  it("are refused with another root key, in one sentence, and a new one makes none of its own", async () => {
    const other = () => keyServiceOf(randomBytes(32));
    await expect(openMongoVault({ database, openService: other })).rejects.toThrow(
      /^the vault in database \w+ was made with the root key [0-9a-f]{16} and this node has [0-9a-f]{16}: give every node the same root key$/u,
    );
    const path = join(folder(), "root.key");
    await expect(openMongoVault({ database, openService: rootKeyIn(path) })).rejects.toThrow(
      `${path} is missing and the vault has a root key already: copy it from a node that has it`,
    );
  });

  it("that start at once with root keys of their own: one is taken, the others are refused", async () => {
    await onFresh(async (empty) => {
      const own = () => keyServiceOf(randomBytes(32));
      const starting = Array.from({ length: NODES }, () => openMongoVault({ database: empty, openService: own }));
      const starts = await Promise.allSettled(starting);
      expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });
  });

  it("that start at once with files of their own: those who were refused start with the file of the one that was taken", async () => {
    for (let round = 0; round < 5; round++)
      await onFresh(async (empty) => {
        const files = Array.from({ length: NODES }, () => join(folder(), "root.key"));
        const open = (file: string) => openMongoVault({ database: empty, openService: rootKeyIn(file) });
        const starts = await Promise.allSettled(files.map(open));
        const taken = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
        expect(taken).toHaveLength(1);
        for (const start of starts)
          if (start.status === "rejected")
            expect(String(start.reason)).toMatch(/: (give every node the same root key|copy it)/u);
        await taken[0]!.prepareTenant("acme");
        const winner = files[starts.findIndex(({ status }) => status === "fulfilled")]!;
        for (const file of files) copyFileSync(winner, file);
        for (const vault of await Promise.all(files.map(open)))
          expect(await vault.claimKey("acme")).toEqual(await taken[0]!.claimKey("acme"));
      });
  });

  it("that start at once on one file all start, whoever makes it", async () => {
    await onFresh(async (empty) => {
      const file = join(folder(), "root.key");
      const vaults = await Promise.all(
        Array.from({ length: NODES }, () => openMongoVault({ database: empty, openService: rootKeyIn(file) })),
      );
      await Promise.all(vaults.map((vault) => vault.prepareTenant("acme")));
      const keys = await Promise.all(
        vaults.map(async (vault) => Buffer.from(await vault.claimKey("acme")).toString("hex")),
      );
      expect(new Set(keys).size).toBe(1);
    });
  });

  it("refuse a vault of a newer format, and open one whose root key's file they have", async () => {
    await onFresh(async (made) => {
      const openOne = () => openMongoVault({ database: made, openService: rootKeyIn(join(where, "root.key")) });
      const where = folder();
      const vault = await openOne();
      await vault.prepareTenant("acme");
      expect(await (await openOne()).claimKey("acme")).toEqual(await vault.claimKey("acme"));
      await made.collection("vault.state").updateOne({}, { $set: { format: 2 } });
      await expect(openOne()).rejects.toThrow("is of format 2 and this version knows formats up to 1");
    });
  });
});

async function assigned(node: KeyVault, count: number): Promise<readonly DataKey[]> {
  return Promise.all(Array.from({ length: count }, () => node.assign("acme")));
}

function bytesIn(value: unknown): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  return value !== null && typeof value === "object" && "buffer" in value
    ? Buffer.from(value.buffer as Buffer)
    : Buffer.alloc(0);
}
