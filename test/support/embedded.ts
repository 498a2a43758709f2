// The embedded service without its HTTP edge, on a folder of its own that goes away with it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { openFitting, openStores, type Stores, type StoresOptions } from "../../src/embedded/stores.ts";
import type { CommandContext } from "../../src/eventlog/provisioning.ts";
import { reconcileAtStart } from "../../src/processes/reconciler.ts";
import { createService, type Service } from "../../src/service.ts";
import type { KeyVault } from "../../src/vault/key-vault.ts";

let commands = 0;

/** A context with a fresh command id. */
export const context = (tenant = "acme", overrides: Partial<CommandContext> = {}): CommandContext => {
  const commandId = `command-${process.pid}-${++commands}`;
  return {
    tenant,
    actor: { credential: "cred-1", name: "test client", kind: "provisioning" },
    requestId: `request-${commands}`,
    commandId,
    profile: "lenient",
    ...overrides,
  };
};

export interface Embedded extends AsyncDisposable {
  readonly folder: string;
  readonly stores: Stores;
  readonly service: Service;
  /** Ends everything and starts again on the same folder. */
  restart(between?: (folder: string) => void | Promise<void>): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "scim-ledger-test-"));

/** With these tenants, and where they are given, another vault than the folder's, or other stores altogether. */
type EmbeddedOptions = StoresOptions & {
  readonly tenants?: readonly string[];
  readonly vault?: KeyVault;
  readonly open?: (folder: string) => Promise<Stores>;
};

/** Opens the service on a folder. */
export async function holdAndStart(folder: string, options: EmbeddedOptions = {}) {
  const { tenants = ["acme"], vault, open, ...storesOptions } = options;
  const abort = new AbortController();
  const held = DataFolder.hold(folder);
  // With other keys, the folder's vault knows none of those that the log names.
  const own = vault === undefined ? openStores : openFitting;
  const opened = await (open?.(folder) ?? own(folder, storesOptions));
  const stores = vault === undefined ? opened : { ...opened, vault };
  const service = await createService({ ...stores, signal: abort.signal });
  stores.onEnded((ended) => service.membershipEnding.begin(ended));
  await service.erasing.resume();
  await service.membershipEnding.sweep();
  for (const tenant of tenants) {
    if (service.directory.tenant(tenant) === undefined) await service.tenants.create(tenant, tenant, context(tenant));
  }
  const reconciling = reconcileAtStart({ ...service, ...stores, signal: abort.signal });
  const stop = async () => {
    abort.abort();
    await reconciling;
    await service.membershipEnding.settled();
    await service.erasing.settled();
    await stores[Symbol.asyncDispose]();
    held[Symbol.dispose]();
  };
  return { stores, service, stop };
}

export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  const folder = temporaryFolder();
  let running = await holdAndStart(folder, options);
  return {
    folder,
    get stores() {
      return running.stores;
    },
    get service() {
      return running.service;
    },
    async restart(between) {
      await running.stop();
      await between?.(folder);
      running = await holdAndStart(folder, options);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
