// Finds the events of a tenant's heads in the log.
import { CheckpointSigned } from "../domain/ledger-events.ts";
import { readEnvelope } from "../eventlog/envelope.ts";
import type { EventLog, RecordedEvent } from "../eventlog/event-log.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";

export interface LoggedHeadsOptions {
  readonly ledgers: Pick<LedgerStore, "ledgerHead">;
  readonly log: Pick<EventLog, "read">;
  readonly namespace: string;
}

/** A word of the ledger, as far as its order goes: epochs ascend, and so do the sizes of the heads in each. */
interface Word {
  readonly event: RecordedEvent;
  readonly epoch: number;
  /** -1 for a restore that was accepted, with which an epoch begins. */
  readonly size: number;
}

/** The event of the last head that the log has of a tenant, or of the one over so many leaves; undefined where there is none. */
export async function loggedHead(
  tenant: string,
  size: number | undefined,
  { ledgers, log, namespace }: LoggedHeadsOptions,
): Promise<RecordedEvent | undefined> {
  const last = await ledgers.ledgerHead(tenant);
  if (last?.note === undefined) return undefined;
  const stream = formatStreamName(namespace, { category: "ledger", tenant });
  const word = async (revision: number): Promise<Word> => {
    const [event] = await log.read(stream, revision - 1, 1);
    const { type, data } = readEnvelope(event!);
    const said = data as { readonly epoch: number; readonly size: number };
    return { event: event!, epoch: said.epoch, size: type === CheckpointSigned.type ? said.size : -1 };
  };
  if (size === undefined) return (await word(last.revision)).event;
  let [first, end] = [0, last.revision + 1];
  while (end - first > 1) {
    const middle = Math.floor((first + end) / 2);
    const { epoch, size: here } = await word(middle);
    if (epoch < last.epoch || here <= size) first = middle;
    else end = middle;
  }
  const found = await word(first);
  return found.epoch === last.epoch && found.size === size ? found.event : undefined;
}
