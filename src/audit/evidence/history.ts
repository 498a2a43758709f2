// A tenant's history as an evidence folder carries it: the leaves of its tree, and the events behind them. A position is here
// the index of a leaf plus one, so that order, completeness and times follow from the tree alone.
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { identify, readEnvelope } from "../../eventlog/envelope.ts";
import { ordinalOf, type Position, positionOf, type RecordedEvent } from "../../eventlog/event-log.ts";
import { parseStreamName } from "../../eventlog/stream-name.ts";
import type { Checkpoint } from "../../ledger/checkpoint.ts";
import { type CarriedEvent, checkCarried, readCarried, readRecord } from "../../ledger/evidence-file.ts";
import { LeafTable } from "../../ledger/evidence-leaves.ts";
import { type Hash, leafHash } from "../../ledger/hash.ts";
import { Tampered } from "../../ledger/judge.ts";
import { Replay } from "../../ledger/replay.ts";
import { Turns } from "../answers/turns.ts";
import { FILES, itemsOf } from "./files.ts";

export interface HistoryOptions {
  readonly tenant: string;
  readonly namespace: string;
  /** Earlier heads, at whose sizes the tree must have had their roots. */
  readonly heads?: readonly Checkpoint[];
  readonly onProgress?: (leaves: number) => void;
}

const NOT_CARRIED = -1;
const HEADER = 16;
const TOLD_EVERY = 4_096;
const TURN_EVERY = 64;

export const indexOf = (position: Position): number => ordinalOf(position) - 1;
export const positionAt = (index: number): Position => positionOf(index + 1);

export class CarriedHistory {
  readonly tenant: string;
  readonly namespace: string;
  readonly leaves: LeafTable;
  readonly root: Hash;
  /** Those of the earlier heads whose root the tree had at their size. */
  readonly met: readonly Checkpoint[];
  /** How many events are carried. */
  readonly events: number;
  readonly #offsets: readonly number[];
  readonly #file: number;
  #isOpen = true;

  /** Reads leaves and events of a folder, and holds each event to its leaf. Throws Tampered. */
  static async open(folder: string, options: HistoryOptions): Promise<CarriedHistory> {
    const { tenant, namespace, heads = [], onProgress } = options;
    const leaves = new LeafTable(tenant, (stream) => isLeafStream(namespace, tenant, stream));
    const tree = new Replay(tenant, heads);
    const offsets: number[] = [];
    const turns = new Turns();
    const events = itemsOf(folder, FILES.events, readCarried);
    let count = 0;
    let next = events.next();
    for (const { item: bytes } of itemsOf(folder, FILES.leaves, readRecord)) {
      const index = leaves.size;
      const record = leaves.add(bytes);
      tree.addHash(leafHash(bytes));
      const isCarried = next.done !== true && next.value.item.index === index;
      offsets.push(isCarried ? next.value!.start : NOT_CARRIED);
      if (isCarried) {
        checkCarried(next.value!.item as CarriedEvent, record);
        count += 1;
        next = events.next();
      }
      if (index % TURN_EVERY === 0) await turns.pause();
      if (index % TOLD_EVERY === 0) onProgress?.(index);
    }
    if (next.done !== true)
      throw new Tampered(`${FILES.events} has an event out of order, or of no leaf`, next.value.item.index);
    const { root } = tree.finish();
    return new CarriedHistory(folder, options, { leaves, root, met: tree.met, events: count, offsets });
  }

  private constructor(
    folder: string,
    { tenant, namespace }: HistoryOptions,
    read: Pick<CarriedHistory, "leaves" | "root" | "met" | "events"> & { readonly offsets: readonly number[] },
  ) {
    this.tenant = tenant;
    this.namespace = namespace;
    this.leaves = read.leaves;
    this.root = read.root;
    this.met = read.met;
    this.events = read.events;
    this.#offsets = read.offsets;
    this.#file = openSync(join(folder, FILES.events), "r");
  }

  get size(): number {
    return this.leaves.size;
  }

  /** How many streams there are. */
  get streams(): number {
    return this.leaves.streams;
  }

  isCarried(index: number): boolean {
    return this.#offsets[index] !== NOT_CARRIED;
  }

  /** What stands for an event that is not carried: that something happened, and when. */
  silence(index: number): RecordedEvent {
    const { tenant } = this;
    const place = { id: `leaf-${index}`, stream: "", revision: 0, type: "" };
    const envelope = JSON.stringify({
      at: this.leaves.at(index),
      data: {},
      metadata: {},
      tenant,
      version: 1,
      ...place,
    });
    return { ...place, envelope, ciphertext: null, position: positionAt(index) };
  }

  /** The event of a leaf. Throws Tampered where it is not carried. */
  event(index: number): RecordedEvent {
    if (!this.isCarried(index)) throw this.missing(index);
    const { envelope: bytes, ciphertext } = this.#read(this.#offsets[index]!);
    const envelope = Buffer.from(bytes).toString();
    const { id, type } = identify(envelope);
    const stream = this.leaves.streamOf(index);
    const place = { stream, revision: this.leaves.revisionOf(index), position: positionAt(index) };
    const recorded: RecordedEvent = { id, type, envelope, ciphertext: ciphertext ?? null, ...place };
    readEnvelope(recorded);
    return recorded;
  }

  missing(index: number): Tampered {
    const place = `revision ${this.leaves.revisionOf(index)} of ${this.leaves.streamOf(index)}`;
    return new Tampered(`an event that the answer rests on is missing, ${place}`, index);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
  }

  #read(offset: number): CarriedEvent {
    const header = this.#bytes(offset, HEADER);
    const envelope = header.readUInt32BE(8);
    const lengths = this.#bytes(offset + 12 + envelope, 4);
    const length = HEADER + envelope + lengths.readUInt32BE(0);
    return readCarried(this.#bytes(offset, length), 0)!.item;
  }

  #bytes(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    return bytes;
  }
}

/** The ledger's own events are no leaves. */
function isLeafStream(namespace: string, tenant: string, stream: string): boolean {
  const name = parseStreamName(namespace, stream);
  return name !== undefined && name.tenant === tenant && name.category !== "ledger";
}
