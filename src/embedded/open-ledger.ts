// The ledger of the embedded mode: its keys and last heads are files, best on another volume than the log.
import { randomBytes } from "node:crypto";
import type { MakerOptions } from "../audit/evidence/make.ts";
import type { Clock } from "../eventlog/clock.ts";
import type { Position } from "../eventlog/event-log.ts";
import { HeadFiles } from "../ledger/file/head-files.ts";
import { KeyFile } from "../ledger/file/key-file.ts";
import type { LedgerKeys } from "../ledger/keys.ts";
import { Checkpoints, type CheckpointsOptions } from "../processes/checkpoints.ts";
import { LedgerLog } from "../processes/ledger-log.ts";
import type { Stores } from "./stores.ts";

export interface LedgerOptions extends Pick<CheckpointsOptions, "onSigned" | "onFailed"> {
  /** See `ledgerFolderOf`. */
  readonly folder: string;
  /** How clients reach the service: names the trees, once and for all. */
  readonly baseUrl?: string;
  readonly clock: Clock;
}

export interface Ledger {
  readonly keys: LedgerKeys;
  readonly checkpoints: Checkpoints;
}

/** Opens or makes the keys, and holds every tenant's log to its last signed head. */
export async function openLedger(
  stores: Pick<Stores, "log" | "ledger" | "namespace" | "visibility">,
  options: LedgerOptions,
): Promise<Ledger> {
  const { folder, baseUrl, clock, ...listeners } = options;
  const keys = KeyFile.openOrMake(folder, ledgerNameOf(baseUrl));
  const ledgerLog = new LedgerLog({ log: stores.log, namespace: stores.namespace, clock });
  const heads = new HeadFiles(folder);
  const visible = (position: Position) => stores.visibility.reached(position);
  const checkpoints = new Checkpoints({ ledgers: stores.ledger, ledgerLog, keys, heads, visible, ...listeners });
  await checkpoints.inspect();
  return { keys, checkpoints };
}

/** Where the trees are served, without the scheme; where that is not known, a name that nobody else has. */
export const ledgerNameOf = (baseUrl: string | undefined): string =>
  baseUrl === undefined
    ? `scim-ledger/${randomBytes(8).toString("hex")}`
    : `${baseUrl.slice(baseUrl.indexOf("//") + 2)}/ledger/v1`;

/** What evidence rests on. */
export const headsOf = (
  keys: LedgerKeys,
  checkpoints: Checkpoints,
): Pick<MakerOptions, "keys" | "sign" | "latest" | "failure"> => ({
  keys,
  sign: (tenant) => checkpoints.sign(tenant),
  latest: (tenant) => checkpoints.latest(tenant),
  failure: (tenant) => checkpoints.failure(tenant),
});
