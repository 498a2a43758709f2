// Reads the tenants' Merkle trees. What was once there only grows: no answer needs a snapshot.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { LedgerStore } from "../../ledger-store.ts";
import type { LedgerHead } from "../../view-writer.ts";
import type { EntriesDocument, TailDocument } from "../documents.ts";
import { idStart, idStartsIn } from "../id-start.ts";
import { headId, idsOf, tailId } from "../state-ids.ts";
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
    const tail = await this.#tail(tenant);
    return tail === undefined ? 0 : tail.n * WIDTH + tail.hashes.length() / HASH_BYTES;
  }

  async ledgerTile(tenant: string, level: number, n: number): Promise<Uint8Array | undefined> {
    const reading = this.#reads.now();
    const stored = () => reading.first(reading.views.tiles, { _id: { tenant, level, n } });
    const tile = level === 0 ? await this.#fullOrTail(tenant, n, stored) : await stored();
    return tile === undefined || tile.hashes.length() === 0 ? undefined : new Uint8Array(tile.hashes.value());
  }

  async ledgerPositions(tenant: string, n: number): Promise<readonly Position[]> {
    return placesIn(await this.#entries(tenant, n)).map(positionOf);
  }

  async ledgerCandidates(tenant: string, eventId: string): Promise<readonly Candidate[]> {
    const start = idStart(eventId);
    if (start === undefined) return [];
    const reading = this.#reads.now();
    // The tail first: should it have become full meanwhile, the others are found all the same.
    const tail = await this.#tail(tenant);
    const full = await reading.all<EntriesDocument>(reading.views.entries, { "_id.tenant": tenant, starts: start });
    const others = full.filter(({ _id }) => _id.n !== tail?.n).map((entries) => ({ ...entries, n: entries._id.n }));
    return [...others, ...(tail === undefined ? [] : [tail])]
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
    const head = await reading.first(reading.views.heads, { _id: headId(tenant) });
    if (head === undefined) return undefined;
    const { revision, epoch, note } = head;
    return { tenant, revision, epoch, ...(note === null ? {} : { note }) };
  }

  async ledgerTenants(): Promise<readonly string[]> {
    const reading = this.#reads.now();
    const options = { projection: { tenant: 1 } };
    const found = await reading.all<TailDocument>(reading.views.tails, { _id: idsOf("tail") }, options);
    return found.map(({ tenant }) => tenant).sort();
  }

  #tail(tenant: string): Promise<TailDocument | undefined> {
    const reading = this.#reads.now();
    return reading.first(reading.views.tails, { _id: tailId(tenant) });
  }

  #entries(tenant: string, n: number): Promise<Leaves | undefined> {
    const reading = this.#reads.now();
    return this.#fullOrTail(tenant, n, () => reading.first(reading.views.entries, { _id: { tenant, n } }));
  }

  /** The tail may become full after it was not found among what is full, and before it is looked at. */
  async #fullOrTail<Full>(
    tenant: string,
    n: number,
    full: () => Promise<Full | undefined>,
  ): Promise<Full | TailDocument | undefined> {
    const found = await full();
    if (found !== undefined) return found;
    const tail = await this.#tail(tenant);
    if (tail === undefined || tail.n < n) return undefined;
    return tail.n === n ? tail : full();
  }
}

type Leaves = Pick<TailDocument, "places" | "ids">;

function candidatesIn({ n, ids, ...leaves }: Leaves & Pick<TailDocument, "n">, start: number): Candidate[] {
  const places = placesIn(leaves);
  return idStartsIn(ids.value() as Uint8Array).flatMap((one, at) =>
    one === start ? [{ index: n * WIDTH + at, position: positionOf(places[at]!) }] : [],
  );
}

function placesIn(entries: Pick<Leaves, "places"> | undefined): readonly number[] {
  if (entries === undefined) return [];
  const bytes = Buffer.from(entries.places.value());
  return Array.from({ length: bytes.length / PLACE_BYTES }, (_, at) => bytes.readUIntBE(at * PLACE_BYTES, PLACE_BYTES));
}
