import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { HistoryWriter, TENANT } from "../../bench/data/history-writer.ts";
import { userId } from "../../bench/data/identity.ts";
import { GroupCreated, GroupMembersAdded, UserCreated, UserDeactivated, UserErased } from "../../src/domain/events.ts";
import { giveBackMemory } from "../../src/embedded/give-back-memory.ts";
import { preparedEvents } from "../../src/embedded/prepared-events.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { ordinalOf, type Position, START } from "../../src/eventlog/event-log.ts";
import { LOG_FILE, logFile } from "../../src/eventlog/sqlite/log-file.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { Projector } from "../../src/projections/projector.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { VaultKeeper } from "../../src/vault/sqlite/keeper.ts";
import { openVaultReadOnly } from "../../src/vault/sqlite/vault.ts";
import { dumpOf } from "../readstore/dump.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();
/** More events than the writer's thread opens by itself. */
const USERS = 5_200;
const ERASED = 17;

/** Users who come, join a group and are deactivated; one of them is erased in the end. */
function generate(folder: string): void {
  let erased = "";
  {
    using history = new HistoryWriter(folder, 2 * USERS);
    const group = { stream: history.streamOf("group", userId(USERS)), key: history.newKey() };
    history.write({ ...group, revision: -1, events: [GroupCreated({ paths: [] }, { attributes: {}, elements: {} })] });
    for (let index = 0; index < USERS; index++) {
      const key = history.newKey();
      const stream = history.streamOf("user", userId(index));
      const created = UserCreated(
        { paths: ["userName"], granted: [], claims: {} },
        { attributes: { userName: `user ${index}` }, elements: {} },
      );
      const more = index % 2 === 0 ? [UserDeactivated({})] : [];
      history.write({ stream, key, revision: -1, events: [created, ...more] });
      if (index % 2 === 0)
        history.write({ ...group, revision: index / 2, events: [GroupMembersAdded({ members: [userId(index)] })] });
      if (index === ERASED) erased = key.id;
    }
    const stream = history.streamOf("user", userId(ERASED));
    history.write({ stream, key: history.newKey(), revision: 0, events: [UserErased({ keys: [erased] })] });
  }
  const keeper = new VaultKeeper(folder);
  keeper.destroy(TENANT, [erased]);
  keeper.close();
}

/** Projects the log of a folder in this thread alone, into the read models of another. */
function projectAlone(folder: string, into: string): void {
  const [log, vault, writer] = [
    new SqliteLogReader(folder),
    openVaultReadOnly(folder),
    new SqliteViewWriter(into, { cacheMegabytes: 8 }),
  ];
  const projector = new Projector(writer, {
    namespace: log.namespace,
    openKey: (tenant, key) => vault.open(tenant, key),
  });
  projector.catchUp(log);
  for (const opened of [log, vault, writer]) opened.close();
}

async function positionsOf(events: ReturnType<typeof preparedEvents>): Promise<number[]> {
  const positions: number[] = [];
  for await (const slice of events) positions.push(...slice.map(({ position }) => ordinalOf(position)));
  return positions;
}

describe("a start that is far behind the log", () => {
  const folder = newFolder();
  beforeAll(() => generate(folder));

  it("comes to the read models that one thread alone comes to", async () => {
    const alone = newFolder();
    projectAlone(folder, alone);
    const told: number[] = [];
    const stores = await openStores(folder, { onProgress: (position) => told.push(ordinalOf(position)) });
    const head = ordinalOf(stores.visibility.position);
    await stores[Symbol.asyncDispose]();
    expect(head).toBeGreaterThan(2 * USERS);
    expect(told.at(-1)).toBe(head);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(dumpOf(folder)).toEqual(dumpOf(alone));
  });

  it("gets every event once, in order, from after where it stands", async () => {
    const log = new SqliteLogReader(folder);
    const head = ordinalOf(log.head());
    log.close();
    const all = Array.from({ length: head }, (_, index) => index + 1);
    expect(await positionsOf(preparedEvents(folder, START))).toEqual(all);
    expect(await positionsOf(preparedEvents(folder, "0000000000000777" as Position))).toEqual(all.slice(777));
    expect(await positionsOf(preparedEvents(folder, String(head).padStart(16, "0") as Position))).toEqual([]);
  });

  it("may stop at any event, and the thread ends with that", async () => {
    for await (const slice of preparedEvents(folder, START)) {
      expect(slice.length).toBeGreaterThan(0);
      break;
    }
  });
});

describe("memory that is given back", () => {
  const BLOCKS = 2_000;
  const live = (): number => process.memoryUsage().heapTotal;

  it("is that of garbage, and nobody can ask for it afterwards", () => {
    let garbage: number[][] | undefined = Array.from({ length: BLOCKS }, () =>
      Array.from({ length: 1_000 }, Math.random),
    );
    const before = live();
    expect(garbage.length).toBe(BLOCKS);
    garbage = undefined;
    giveBackMemory();
    expect(live()).toBeLessThan(before - BLOCKS * 1_000 * 4);
    expect(runInNewContext("typeof gc")).toBe("undefined");
  });
});

describe("a thread that is lost while it prepares", () => {
  it("ends what it gives, and the reason is met by whoever projects", async () => {
    const folder = newFolder();
    generate(folder);
    {
      using log = new DatabaseSync(logFile(folder));
      log.exec("UPDATE events SET envelope = 'torn' WHERE position = 9000");
    }
    const positions = await positionsOf(preparedEvents(folder, START));
    expect(positions.length).toBeGreaterThan(0);
    expect(positions.length).toBeLessThan(9_000);
    await expect(openStores(folder)).rejects.toThrow(/not an envelope/u);
  });

  it("gives nothing where it cannot begin", async () => {
    const folder = newFolder();
    const without = newFolder();
    new HistoryWriter(folder, 1)[Symbol.dispose]();
    copyFileSync(logFile(folder), join(without, LOG_FILE));
    expect(await positionsOf(preparedEvents(without, START))).toEqual([]);
  });
});
