// What is known of the last head of each tree at a start, and whether the log bears it out.
import { type Checkpoint, parseCheckpoint } from "../ledger/checkpoint.ts";
import { sameBytes } from "../ledger/hash.ts";
import { epochIn, type HeadKeeper, type LedgerKeys } from "../ledger/keys.ts";
import { Malformed } from "../ledger/malformed.ts";
import { rootAt, type TileSource, TreeIncomplete } from "../ledger/prove.ts";
import { parseNote, verifyNote } from "../ledger/signed-note.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";

export interface Head extends Checkpoint {
  readonly epoch: number;
  /** As it was signed. */
  readonly note: string;
  /** With what witnesses have added. */
  readonly cosigned?: string;
}

/** What is known of a tenant's heads. */
export interface Known {
  /** The last that was signed. */
  head: Head | undefined;
  /** Revision of the last event of the ledger's stream. */
  revision: number;
  /** Of the log's last word on the tree. */
  epoch: number;
  /** The note that the log has. */
  logged: string | undefined;
}

export interface LastHeads {
  readonly ledgers: LedgerStore;
  readonly keys: LedgerKeys;
  readonly heads: Pick<HeadKeeper, "last" | "cosigned">;
}

export const tilesOf =
  (ledgers: LedgerStore, tenant: string): TileSource =>
  ({ level, n }) =>
    ledgers.ledgerTile(tenant, level, n);

/** `failure` says why the tenant's log is not to be written. */
export async function lastHeadOf(
  tenant: string,
  options: LastHeads,
): Promise<{ readonly known: Known; readonly failure?: string }> {
  const { ledgers, heads } = options;
  const logged = await ledgers.ledgerHead(tenant);
  const known: Known = {
    head: undefined,
    revision: logged?.revision ?? -1,
    epoch: logged?.epoch ?? 1,
    logged: logged?.note,
  };
  const note = heads.last(tenant) ?? logged?.note;
  if (note === undefined) return { known };
  const head = read(tenant, note, options.keys);
  if (typeof head === "string") return { known, failure: head };
  const failure = await whyBehind(tenant, head, ledgers);
  return failure === undefined
    ? { known: { ...known, head: withCosignatures(tenant, head, heads) } }
    : { known, failure };
}

/** A head that was signed for the tenant; or why it is none. */
function read(tenant: string, note: string, keys: LedgerKeys): Head | string {
  try {
    const parsed = parseNote(note);
    const checkpoint = parseCheckpoint(parsed.text);
    const epoch = epochIn(checkpoint.origin, keys.name, tenant);
    if (epoch === undefined) return `its last head is of another tree, ${checkpoint.origin}`;
    verifyNote(parsed, keys.verifiers(checkpoint.origin));
    return { ...checkpoint, epoch, note };
  } catch (error) {
    return `its last head cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

async function whyBehind(tenant: string, head: Head, ledgers: LedgerStore): Promise<string | undefined> {
  const size = await ledgers.ledgerSize(tenant);
  if (size < head.size) return `its log has ${size} events and a head over ${head.size} was signed`;
  const root = await rootAt(head.size, tilesOf(ledgers, tenant)).catch((error: unknown) => {
    if (error instanceof TreeIncomplete) return undefined;
    throw error;
  });
  if (root === undefined) return "the tiles of its tree are damaged: stop the service and delete views.db";
  if (sameBytes(root, head.root)) return undefined;
  return `its first ${head.size} events are not those over which a head was signed`;
}

/** What witnesses added before the last end; whatever cannot be read is asked for again. */
function withCosignatures(tenant: string, head: Head, heads: LastHeads["heads"]): Head {
  const cosigned = heads.cosigned(tenant);
  try {
    const isOfHead = cosigned !== undefined && parseNote(cosigned).text === parseNote(head.note).text;
    return isOfHead ? { ...head, cosigned } : head;
  } catch (error) {
    if (error instanceof Malformed) return head;
    throw error;
  }
}
