// The domain's services on any log, vault and read store: commands, tenants, records, and the processes that follow.

import { Clients } from "./access/clients.ts";
import { StreamRecorder } from "./access/stream-recorder.ts";
import { LoopTenantCommands } from "./access/tenant-commands.ts";
import { TenantDefinitions } from "./access/tenant-definitions.ts";
import { TenantDirectory } from "./access/tenant-directory.ts";
import { DEFAULT_TENANT, SYSTEM_TENANT } from "./access/tenant-name.ts";
import { Tenants } from "./access/tenants.ts";
import { type Clock, systemClock } from "./eventlog/clock.ts";
import type { FindKey } from "./eventlog/codec.ts";
import { CommandLoop } from "./eventlog/command-loop.ts";
import { type EventLog, type Position, Unavailable } from "./eventlog/event-log.ts";
import { ResourceCommands, type ResourceCommandsOptions } from "./eventlog/resource-commands.ts";
import { SharedLock } from "./eventlog/shared-lock.ts";
import type { Visibility } from "./eventlog/visibility.ts";
import { followTenants } from "./nodes/tenant-following.ts";
import { Erasing } from "./processes/erasing.ts";
import { KeyRetention } from "./processes/key-retention.ts";
import { MembershipEnding } from "./processes/membership-ending.ts";
import { claimingStateOf, groupStateOf, userStateOf } from "./projections/resources/document.ts";
import { mayGoOn, type ReadStore } from "./readstore/read-store.ts";
import { cursorKeys } from "./vault/cursor-key.ts";
import type { KeyVault } from "./vault/key-vault.ts";

export interface ServiceOptions {
  readonly log: EventLog;
  readonly vault: KeyVault;
  readonly readStore: ReadStore;
  readonly visibility: Visibility;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly adminToken?: string;
  readonly clock?: Clock;
  /** Throws where a tenant's log is not to be written. */
  readonly admit?: (tenant: string) => void;
  readonly onFailure?: (error: unknown) => void;
  /** Whether other nodes write to the log too. */
  readonly shared?: boolean;
}

export type Service = Awaited<ReturnType<typeof createService>>;

/** Wires the services; resolves when every tenant's credentials are known. */
export async function createService(options: ServiceOptions) {
  const { log, vault, readStore, visibility, namespace, signal, adminToken, admit, onFailure, shared } = options;
  const clock = options.clock ?? systemClock(await readStore.effectiveAt(visibility.position));
  const findKey: FindKey = (tenant, keyId) => erasing.findKey(tenant, keyId);
  const loop = new CommandLoop({ log, findKey, clock, ...(admit ? { admit } : {}) });
  const directory = new TenantDirectory(adminToken);
  const definitionLock = new SharedLock();
  const tenantCommands = new LoopTenantCommands({ loop, vault, namespace, directory });
  const refresh = (tenant: string) => tenantCommands.refresh(tenant);
  const provisioning = resourceCommands(options, { loop, clock, types: directory, definitionLock, refresh });
  const failures = onFailure ? { onFailure } : {};
  const erasing = new Erasing({ log, vault, namespace, provisioning, readStore, signal, ...failures });
  // Tenants that come later than this place in the log may be missing from the read models.
  const followedFrom = visibility.position;
  for (const tenant of new Set([...(await readStore.tenants()), DEFAULT_TENANT, SYSTEM_TENANT])) await refresh(tenant);
  const recorder = new StreamRecorder({ log, vault, namespace, clock });
  return {
    loop,
    findKey,
    provisioning,
    erasing,
    directory,
    tenants: new Tenants(tenantCommands),
    definitions: new TenantDefinitions({
      commands: tenantCommands,
      directory,
      population: (tenant, type) => readStore.population(tenant, type),
      lock: definitionLock,
      ...(shared === true ? { confirm: confirming(options, refresh) } : {}),
    }),
    typesAt: (tenant: string, position: Position) => tenantCommands.typesAt(tenant, position),
    recorder,
    keyRetention: new KeyRetention({ vault, recorder, clock }),
    clients: new Clients({ log, vault, namespace, clock, ...failures }),
    cursorKey: cursorKeys(vault),
    membershipEnding: new MembershipEnding({ provisioning, readStore, signal, ...failures }),
    /** Takes in what other nodes did to a tenant. */
    refresh,
    /** Ends with the signal. */
    following:
      shared === true
        ? followTenants(
            { log, namespace, refresh: learning(vault, directory, refresh), signal, ...failures },
            followedFrom,
          )
        : undefined,
  };
}

type Refresh = (tenant: string) => Promise<void>;

/** The commands on resources, which decide on what the read models have stored. */
function resourceCommands(
  { vault, readStore, visibility, namespace, shared }: ServiceOptions,
  {
    clock,
    refresh,
    ...own
  }: Pick<ResourceCommandsOptions, "loop" | "types" | "definitionLock"> & {
    readonly clock: Clock;
    readonly refresh: Refresh;
  },
): ResourceCommands {
  const baseline = async (tenant: string, type: string, id: string) => {
    const stored = await readStore.baseline(tenant, type, id);
    // Times on a resource never go back, whichever node's clock they come from.
    if (stored !== undefined) clock.pass?.(stored.modifiedAt);
    return stored;
  };
  return new ResourceCommands({
    ...own,
    ...(shared === true ? { confirmTypes: refresh } : {}),
    vault,
    namespace,
    visibility,
    users: { load: async (tenant, id) => stateOf(await baseline(tenant, "User", id), userStateOf) },
    groups: { load: async (tenant, id) => stateOf(await baseline(tenant, "Group", id), groupStateOf) },
    loadCustom: async (tenant, type, id) => stateOf(await baseline(tenant, type, id), claimingStateOf),
    memberships: {
      among: async (tenant, group, ids) => readStore.membersAmong(tenant, group, ids),
      live: async (tenant, ids) => readStore.liveAmong(tenant, ids),
      all: (tenant, group) => allMembers(readStore, tenant, group),
    },
  });
}

/** Takes in a tenant that another node made. */
const learning =
  (vault: KeyVault, directory: TenantDirectory, refresh: Refresh): Refresh =>
  async (tenant) => {
    // Whoever created the tenant made its keys first.
    if (directory.tenant(tenant) === undefined) await vault.prepareTenant(tenant);
    await refresh(tenant);
  };

/** Knows what every node did to a tenant's definitions, and that the read models have caught up with it. */
const confirming =
  ({ log, visibility }: ServiceOptions, refresh: Refresh): Refresh =>
  async (tenant) => {
    await refresh(tenant);
    await visibility.reached(await log.head()).catch((error: unknown) => {
      throw new Unavailable("the read models are behind the log", "no", { cause: error });
    });
  };

const stateOf = <Row, State>(row: Row | undefined, state: (row: Row) => State): State | undefined =>
  row === undefined ? undefined : state(row);

const MEMBERS_PAGE = 5_000;

async function allMembers(readStore: ReadStore, tenant: string, group: string) {
  const all: { value: string; type: string; display?: string }[] = [];
  for (let after: string | null = null; ; ) {
    const page = await readStore.members(tenant, group, after, MEMBERS_PAGE);
    for (const { value, type, display } of page) all.push({ value, type, ...(display === null ? {} : { display }) });
    if (!mayGoOn(page, MEMBERS_PAGE)) return all;
    after = page.at(-1)!.value;
  }
}
