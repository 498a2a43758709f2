// Everything that a file of read models says, without the numbers that stand for names.
import { DatabaseSync } from "node:sqlite";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";

const NAMED: Readonly<Record<string, readonly string[]>> = {
  counts: ["tenant", "type"],
  resources: ["tenant", "type"],
  activity: ["tenant", "type", "event_type", "actor", "credential"],
  ix: ["path"],
  ix_past: ["path"],
  definitions: ["tenant"],
  pending: ["tenant", "type"],
  records: ["tenant", "kind"],
  ledger_tiles: ["tenant"],
  ledger_entries: ["tenant"],
  ledger_heads: ["tenant"],
};

/** All rows of all tables but `names`, in an order that does not depend on how they came to be. */
export function dumpOf(folder: string): Record<string, string[]> {
  using database = new DatabaseSync(viewsFile(folder), { readOnly: true });
  const names = new Map(
    database
      .prepare("SELECT number, text FROM names")
      .all()
      .map(({ number, text }) => [number, text]),
  );
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'names' ORDER BY name")
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => {
      const columns = database
        .prepare(`SELECT name FROM pragma_table_info('${name}')`)
        .all()
        .map((column) => String(column["name"]));
      const select = columns.map((column) => (column === "shadow" ? "json(shadow) AS shadow" : column));
      const rows = database.prepare(`SELECT ${select.join(", ")} FROM ${name}`).all();
      const named = NAMED[String(name)] ?? [];
      const texts = rows.map((row) =>
        JSON.stringify(row, (key, value) => (named.includes(key) ? names.get(value) : value)),
      );
      return [String(name), texts.sort()];
    }),
  );
}
