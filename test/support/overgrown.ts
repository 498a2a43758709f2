// Makes a user larger than a change may make one, in the log of a data folder that nobody serves: as a log may hold one from
// before there was a limit.
import { randomUUID } from "node:crypto";
import { changesBetween } from "../../src/domain/attribute-changes.ts";
import type { DomainEvent, Fact } from "../../src/domain/event.ts";
import { UserAttributesChanged, type UserEvent } from "../../src/domain/events.ts";
import { absentUser, evolve, type UserState } from "../../src/domain/user.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import { factsOf } from "../../src/eventlog/facts.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { SqliteLogWriter } from "../../src/eventlog/sqlite/writer.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { openSqliteVault } from "../../src/vault/sqlite/vault.ts";

const PHOTO = 800_000;

/** Gives a user of the tenant `default` so many photos of 0.8 MB, one by one. */
export async function overgrow(folder: string, id: string, photos: number): Promise<void> {
  const [vault, reader, writer] = [
    await openSqliteVault(folder),
    new SqliteLogReader(folder),
    new SqliteLogWriter(folder),
  ];
  try {
    const stream = `${writer.namespace}.user-default:${id}`;
    const stored = reader.read(stream, -1);
    const facts = await factsOf(stored, (tenant, key) => vault.open(tenant, key));
    let user = facts.reduce((state, fact) => evolve(state, fact as Fact<UserEvent>), absentUser as UserState);
    const { key: keyId, tenant, at } = readEnvelope(stored.at(-1)!);
    const key = { id: keyId!, secret: (await vault.open(tenant, keyId!))! };
    for (let made = 1; made <= photos; made++) {
      const value = `data:${String(made).padEnd(PHOTO, "x")}`;
      const before = (user.attributes["photos"] ?? []) as object[];
      const next = { ...user.attributes, photos: [...before, { value, type: `t${made}` }] };
      const changes = [...changesBetween(userType, user, next as never)];
      const event = UserAttributesChanged({ paths: ["photos"], cleared: [], granted: [], revoked: [] }, { changes });
      const revision = stored.length + made - 1;
      const { type, version, data, personal } = event as DomainEvent<string, Json, JsonObject>;
      const sealed = sealEvent({
        at: at + made,
        data,
        id: randomUUID(),
        metadata: { $correlationId: randomUUID() },
        revision,
        stream,
        tenant,
        type,
        version,
        key,
        personal: personal as JsonObject,
      });
      const [outcome] = writer.commit([[{ stream, expected: revision - 1, events: [sealed] }]]).outcomes;
      if (typeof outcome !== "string") throw outcome;
      user = evolve(user, { event, revision, at: at + made, key: keyId } as Fact<UserEvent>);
    }
    await writer.flush();
  } finally {
    writer.close();
    reader.close();
    await vault.close();
  }
}
