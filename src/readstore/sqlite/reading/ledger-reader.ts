// Reads the tenants' Merkle trees.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { LedgerStore } from "../../ledger-store.ts";
import type { LedgerHead } from "../../view-writer.ts";
import { leavesOfId } from "../ledger-ids.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";

const HASH_BYTES = 32;
const WIDTH = 256;
const PLACE_BYTES = 6;

export class LedgerReader implements LedgerStore {
  readonly #statements: Statements;
  readonly #names: Names;

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  ledgerSize(tenant: string): number {
    const row = this.#row<[number, number]>(
      "SELECT n, length(hashes) FROM ledger_tiles WHERE tenant = ? AND level = 0 ORDER BY n DESC LIMIT 1",
      tenant,
    );
    return row === undefined ? 0 : row[0] * WIDTH + row[1] / HASH_BYTES;
  }

  ledgerTile(tenant: string, level: number, n: number): Uint8Array | undefined {
    const sql = "SELECT hashes FROM ledger_tiles WHERE tenant = ? AND level = ? AND n = ?";
    return this.#row<[Uint8Array]>(sql, tenant, level, n)?.[0];
  }

  ledgerPositions(tenant: string, n: number): readonly Position[] {
    const row = this.#row<[Uint8Array]>("SELECT places FROM ledger_entries WHERE tenant = ? AND n = ?", tenant, n);
    return row === undefined ? [] : positionsIn(row[0]);
  }

  ledgerCandidates(tenant: string, eventId: string): readonly { index: number; position: Position }[] {
    const number = this.#names.find(tenant);
    if (number === undefined) return [];
    return leavesOfId(this.#statements, number, eventId)
      .sort((one, other) => other - one)
      .map((index) => ({ index, position: this.ledgerPositions(tenant, Math.floor(index / WIDTH))[index % WIDTH]! }));
  }

  ledgerIndexAt(tenant: string, position: Position): number | undefined {
    const wanted = ordinalOf(position);
    // The last tile that begins at this position or before it.
    let [first, end] = [0, Math.ceil(this.ledgerSize(tenant) / WIDTH)];
    while (end - first > 1) {
      const middle = Math.floor((first + end) / 2);
      if (this.#firstPlace(tenant, middle) <= wanted) first = middle;
      else end = middle;
    }
    const at = this.ledgerPositions(tenant, first).indexOf(position);
    return at < 0 ? undefined : first * WIDTH + at;
  }

  ledgerHead(tenant: string): LedgerHead | undefined {
    const sql = "SELECT revision, epoch, note FROM ledger_heads WHERE tenant = ?";
    const row = this.#row<[number, number, string | null]>(sql, tenant);
    if (row === undefined) return undefined;
    const [revision, epoch, note] = row;
    return { tenant, revision, epoch, ...(note === null ? {} : { note }) };
  }

  ledgerTenants(): readonly string[] {
    const rows = this.#statements.get("SELECT DISTINCT tenant FROM ledger_entries WHERE n = 0").all();
    return (rows as unknown as [number][]).map(([tenant]) => this.#names.text(tenant)).sort();
  }

  #firstPlace(tenant: string, n: number): number {
    const sql = `SELECT substr(places, 1, ${PLACE_BYTES}) FROM ledger_entries WHERE tenant = ? AND n = ?`;
    const [place] = this.#row<[Uint8Array]>(sql, tenant, n)!;
    return Buffer.from(place).readUIntBE(0, PLACE_BYTES);
  }

  #row<Row>(sql: string, tenant: string, ...values: number[]): Row | undefined {
    const number = this.#names.find(tenant);
    if (number === undefined) return undefined;
    return this.#statements.get(sql).get(number, ...values) as unknown as Row | undefined;
  }
}

function positionsIn(places: Uint8Array): readonly Position[] {
  const bytes = Buffer.from(places.buffer, places.byteOffset, places.byteLength);
  return Array.from({ length: places.length / PLACE_BYTES }, (_, at) =>
    positionOf(bytes.readUIntBE(at * PLACE_BYTES, PLACE_BYTES)),
  );
}
