import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { MongoClient } from "mongodb";
import { rootKeyIn } from "../../src/vault/key-service.ts";
import type { KeyVault } from "../../src/vault/key-vault.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { describeKeyVault } from "../contract/describe-key-vault.ts";
import { describeOnMongo } from "../support/mongodb.ts";

describeOnMongo("MongoDB", ({ uri }) => {
  const client = new MongoClient(uri);
  /** A folder stands for a vault: the suite opens one again by naming its folder. */
  const databases = new Map<string, string>();
  beforeAll(async () => void (await client.connect()));
  afterAll(async () => {
    for (const name of databases.values()) await client.db(name).dropDatabase();
    await client.close();
  });

  const open = (folder: string): Promise<KeyVault> => {
    const name = databases.get(folder) ?? `test_${randomBytes(6).toString("hex")}`;
    databases.set(folder, name);
    return openMongoVault({ database: client.db(name), openService: rootKeyIn(join(folder, "root.key")) });
  };
  describeKeyVault("the vault in MongoDB", open);
});
