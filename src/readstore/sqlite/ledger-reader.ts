// Reads the tenants' Merkle trees.
import { type Position, positionOf } from "../../eventlog/event-log.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type { LedgerHead } from "../view-writer.ts";
import type { Names } from "./names.ts";
import type { Statements } from "./statements.ts";

const HASH_BYTES = 32;
const WIDTH = 256;
const PLACE_BYTES = 6;
const ID_BYTES = 4;

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
    const wanted = Buffer.from(eventId.slice(0, 2 * ID_BYTES), "hex");
    if (number === undefined || wanted.length !== ID_BYTES) return [];
    const sql = "SELECT n, places, ids FROM ledger_entries WHERE tenant = ? AND instr(ids, ?) > 0 ORDER BY n DESC";
    const rows = this.#statements.get(sql).all(number, wanted) as unknown as [number, Uint8Array, Uint8Array][];
    return rows.flatMap(([n, places, ids]) => {
      const positions = positionsIn(places);
      return positions.flatMap((position, at) =>
        wanted.equals(ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES)) ? [{ index: n * WIDTH + at, position }] : [],
      );
    });
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
