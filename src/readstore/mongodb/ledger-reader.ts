// Reads the tenants' Merkle trees. What was once there only grows: no answer needs a snapshot.
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type { LedgerHead } from "../view-writer.ts";
import type { EntriesDocument } from "./documents.ts";
import { idStart, idStartsIn } from "./id-start.ts";
import type { Reads } from "./reading.ts";

const HASH_BYTES = 32;
const WIDTH = 256;
const PLACE_BYTES = 6;

type Candidate = Awaited<ReturnType<LedgerStore["ledgerCandidates"]>>[number];

export class LedgerReader implements LedgerStore {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  async ledgerSize(tenant: string): Promise<number> {
    const reading = this.#reads.now();
    const ofLevel = { $gte: { tenant, level: 0, n: 0 }, $lte: { tenant, level: 0, n: Number.MAX_SAFE_INTEGER } };
    const last = await reading.first(reading.views.tiles, { _id: ofLevel }, { sort: { _id: -1 } });
    return last === undefined ? 0 : last._id.n * WIDTH + last.hashes.length() / HASH_BYTES;
  }

  async ledgerTile(tenant: string, level: number, n: number): Promise<Uint8Array | undefined> {
    const reading = this.#reads.now();
    const tile = await reading.first(reading.views.tiles, { _id: { tenant, level, n } });
    return tile === undefined ? undefined : new Uint8Array(tile.hashes.value());
  }

  async ledgerPositions(tenant: string, n: number): Promise<readonly Position[]> {
    return placesIn(await this.#entries(tenant, n)).map(positionOf);
  }

  async ledgerCandidates(tenant: string, eventId: string): Promise<readonly Candidate[]> {
    const start = idStart(eventId);
    if (start === undefined) return [];
    const reading = this.#reads.now();
    const { entries } = reading.views;
    // The last tile first: should it have become full meanwhile, the others are found all the same.
    const last = await reading.first<EntriesDocument>(entries, { _id: ofTenant(tenant) }, { sort: { _id: -1 } });
    const full = await reading.all<EntriesDocument>(entries, { "_id.tenant": tenant, starts: start });
    const others = full.filter(({ _id }) => _id.n !== last?._id.n);
    return [...others, ...(last === undefined ? [] : [last])]
      .flatMap((one) => candidatesIn(one, start))
      .sort((one, other) => other.index - one.index);
  }

  async ledgerIndexAt(tenant: string, position: Position): Promise<number | undefined> {
    const wanted = ordinalOf(position);
    // The last tile that begins at this position or before it.
    let [first, end] = [0, Math.ceil((await this.ledgerSize(tenant)) / WIDTH)];
    while (end - first > 1) {
      const middle = Math.floor((first + end) / 2);
      if (placesIn(await this.#entries(tenant, middle))[0]! <= wanted) first = middle;
      else end = middle;
    }
    const at = placesIn(await this.#entries(tenant, first)).indexOf(wanted);
    return at < 0 ? undefined : first * WIDTH + at;
  }

  async ledgerHead(tenant: string): Promise<LedgerHead | undefined> {
    const reading = this.#reads.now();
    const head = await reading.first(reading.views.heads, { _id: tenant });
    if (head === undefined) return undefined;
    const { revision, epoch, note } = head;
    return { tenant, revision, epoch, ...(note === null ? {} : { note }) };
  }

  async ledgerTenants(): Promise<readonly string[]> {
    const reading = this.#reads.now();
    const found = await reading.all<EntriesDocument>(reading.views.entries, { "_id.n": 0 }, { projection: { _id: 1 } });
    return found.map(({ _id }) => _id.tenant).sort();
  }

  #entries(tenant: string, n: number): Promise<EntriesDocument | undefined> {
    const reading = this.#reads.now();
    return reading.first(reading.views.entries, { _id: { tenant, n } });
  }
}

const ofTenant = (tenant: string) => ({ $gte: { tenant, n: 0 }, $lte: { tenant, n: Number.MAX_SAFE_INTEGER } });

function candidatesIn(entries: EntriesDocument, start: number): Candidate[] {
  const places = placesIn(entries);
  return idStartsIn(entries.ids.value() as Uint8Array).flatMap((one, at) =>
    one === start ? [{ index: entries._id.n * WIDTH + at, position: positionOf(places[at]!) }] : [],
  );
}

function placesIn(entries: EntriesDocument | undefined): readonly number[] {
  if (entries === undefined) return [];
  const bytes = Buffer.from(entries.places.value());
  return Array.from({ length: bytes.length / PLACE_BYTES }, (_, at) => bytes.readUIntBE(at * PLACE_BYTES, PLACE_BYTES));
}
