// Makes every tenant's tree anew from the log, and holds it to the signed heads, those that are kept and those in the log, and to
// the tiles of the read models.
import { CheckpointSigned } from "../../domain/ledger-events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { type Position, type RecordedEvent, START } from "../../eventlog/event-log.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import type { Checkpoint } from "../../ledger/checkpoint.ts";
import { leafHash, sameBytes } from "../../ledger/hash.ts";
import { readHead, Tampered } from "../../ledger/judge.ts";
import { INSTANCE } from "../../ledger/keys.ts";
import { policyOfKeys } from "../../ledger/policy.ts";
import { Replay } from "../../ledger/replay.ts";
import { hashAt, TILE_WIDTH } from "../../ledger/tiles.ts";
import { entryOf } from "../../projections/ledger/entry-of.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { sayCount } from "../units.ts";
import type { OfflineLedger } from "./offline-ledger.ts";

const PAGE = 2_000;

export async function checkLedger(open: OfflineLedger, io: Io): Promise<ExitCode> {
  const tenants = new Map<string, TenantCheck>();
  for (const tenant of open.heads.tenants()) tenants.set(tenant, TenantCheck.of(open, tenant));
  for (let after: Position = START; ; ) {
    const events = open.log.readAll(after, PAGE);
    if (events.length === 0) break;
    for (const event of events) {
      const envelope = readEnvelope(event);
      const isOfLedger = envelope.stream.startsWith(`${open.log.namespace}.ledger-`);
      // The instance's own heads are in no tree.
      if (isOfLedger && envelope.tenant === INSTANCE) continue;
      const tree = isOfLedger ? INSTANCE : envelope.tenant;
      const check = tenants.get(tree) ?? TenantCheck.of(open, tree);
      tenants.set(tree, check);
      check.add(entryOf(tree, event, envelope), Buffer.from(event.envelope), event.ciphertext);
    }
    after = events.at(-1)!.position;
  }
  const failures = [...tenants.values()].filter((check) => !check.report(io)).length;
  return failures === 0 ? EXIT.ok : EXIT.failed;
}

class TenantCheck {
  readonly #tenant: string;
  readonly #replay: Replay;
  readonly #open: OfflineLedger;
  readonly #head: Checkpoint | undefined;
  #tile: { readonly n: number; readonly hashes: Uint8Array | undefined } = { n: -1, hashes: undefined };
  #found: string | undefined;

  private constructor(open: OfflineLedger, tenant: string, heads: readonly Checkpoint[], found: string | undefined) {
    this.#open = open;
    this.#tenant = tenant;
    this.#head = heads.reduce<Checkpoint | undefined>(
      (last, head) => (last === undefined || head.size >= last.size ? head : last),
      undefined,
    );
    this.#found = found;
    this.#replay = new Replay(tenant, heads);
  }

  static of(open: OfflineLedger, tenant: string): TenantCheck {
    try {
      return new TenantCheck(open, tenant, headsOf(open, tenant), undefined);
    } catch (error) {
      if (error instanceof Tampered) return new TenantCheck(open, tenant, [], error.message);
      throw error;
    }
  }

  add(leaf: Uint8Array, envelope: Uint8Array, ciphertext: Uint8Array | null): void {
    if (this.#found !== undefined) return;
    const index = this.#replay.size;
    try {
      this.#compare(index, leaf);
      this.#replay.add({ leaf, envelope, ...(ciphertext === null ? {} : { ciphertext }) });
    } catch (error) {
      if (!(error instanceof Tampered)) throw error;
      this.#found = error.message + (error.index === undefined ? "" : ` (leaf ${error.index})`);
    }
  }

  /** Says how the tenant's ledger is; false where something is wrong. */
  report(io: Io): boolean {
    const { size } = this.#replay;
    if (this.#found === undefined && this.#head !== undefined && size < this.#head.size)
      this.#found = `its log has ${size} events and a head over ${this.#head.size} was signed`;
    const stored = this.#open.ledgers.ledgerSize(this.#tenant) as number;
    if (this.#found === undefined && stored > size) this.#found = `its log has ${size} events, and its tiles ${stored}`;
    const signed = this.#head === undefined ? "no head yet" : `signed to ${sayCount(this.#head.size)}`;
    io.out(
      this.#found === undefined
        ? `${this.#tenant}: ${sayCount(size)} events, ${signed}; log, head and tiles say the same`
        : `${this.#tenant}: FAILED, ${this.#found}`,
    );
    return this.#found === undefined;
  }

  /** The tile may not have grown so far yet, while a service writes. */
  #compare(index: number, leaf: Uint8Array): void {
    const n = Math.floor(index / TILE_WIDTH);
    if (n !== this.#tile.n)
      this.#tile = { n, hashes: this.#open.ledgers.ledgerTile(this.#tenant, 0, n) as Uint8Array | undefined };
    const at = index % TILE_WIDTH;
    const { hashes } = this.#tile;
    if (hashes !== undefined && hashes.length >= (at + 1) * 32 && !sameBytes(hashAt(hashes, at), leafHash(leaf)))
      throw new Tampered("the event is not the one over which the tree grew", index);
  }
}

/** The heads to which a tenant's tree is held: the one that is kept, and those that the log has. Throws Tampered. */
function headsOf({ heads, keys, log }: OfflineLedger, tenant: string): readonly Checkpoint[] {
  const read = (note: string, which: string): Checkpoint => {
    try {
      const [origin = ""] = note.split("\n");
      return readHead(note, policyOfKeys(keys.verifiers(origin)));
    } catch (error) {
      throw new Tampered(`${which}: ${(error as Error).message}`);
    }
  };
  const kept = heads.last(tenant);
  const logged: RecordedEvent[] = [];
  const stream = formatStreamName(log.namespace, { category: "ledger", tenant });
  for (const event of wordsIn(log, stream))
    if (event.type === CheckpointSigned.type) logged.push(event);
    // The tree goes on under another name, perhaps with other keys: what was said of the one before is over.
    else logged.length = 0;
  return [
    ...logged.map((event) => read(noteIn(event), `a head in the log, at ${event.position}`)),
    ...(kept === undefined ? [] : [read(kept, "its last head")]),
  ];
}

const noteIn = (event: RecordedEvent): string =>
  (readEnvelope(event).data as unknown as ReturnType<typeof CheckpointSigned>["data"]).note;

function* wordsIn(log: OfflineLedger["log"], stream: string): Generator<RecordedEvent> {
  for (let after = -1; ; ) {
    const events = log.read(stream, after, PAGE);
    if (events.length === 0) return;
    yield* events;
    after = events.at(-1)!.revision;
  }
}
