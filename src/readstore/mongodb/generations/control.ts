// The collection that says what the others are: the format of the database, who projects, which generation serves.
import type { Collection, Db } from "mongodb";

/** Moves with a change of the database that an older version of scim-ledger must not meet. */
const FORMAT = 1;

export interface FormatDocument {
  readonly _id: "format";
  readonly version: number;
}

/** Who projects. Times are the server's. */
export interface LeaseDocument {
  readonly _id: "projector";
  /** The node's name; empty where nobody does. */
  readonly owner: string;
  /** Of one process alone, whatever it is called: what it took, it may take again. */
  readonly holder?: string;
  /** Of the owner: each taking has a higher one. */
  readonly epoch: number;
  /** The highest that was ever given out. */
  readonly lastEpoch: number;
  readonly expiresAt: Date;
}

/** Which generation of the read models serves, and which is built beside it. Times are the server's. */
export interface ViewsDocument {
  readonly _id: "views";
  readonly current: string;
  /** Of what its read models hold: see `VIEWS_VERSION`. */
  readonly version: number;
  readonly since: Date;
  /** The epoch under which it was built, which no lease ever has; 0 for one that was filled while it served. */
  readonly builtUnder: number;
  /** Generations that were ever begun: no name is given twice. */
  readonly made: number;
  readonly building: BuildingDocument | null;
  /** Those that served before and may still be read by whoever did not notice. */
  readonly retired: readonly { readonly generation: string; readonly at: Date }[];
}

export interface BuildingDocument {
  readonly generation: string;
  readonly version: number;
  readonly epoch: number;
  readonly owner: string;
  readonly startedAt: Date;
  readonly expiresAt: Date;
}

export type ControlDocument = FormatDocument | LeaseDocument | ViewsDocument;

const CONTROL = "control";

export const controlOf = <T extends ControlDocument = ControlDocument>(database: Db): Collection<T> =>
  database.collection<T>(CONTROL);

/** The database was written by a newer version of scim-ledger. */
export class NewerFormat extends Error {
  override readonly name = "NewerFormat";
}

/** Says the format of a new database. Throws NewerFormat. */
export async function refuseNewerFormat(database: Db): Promise<void> {
  const formats = controlOf<FormatDocument>(database);
  const found = await formats.findOneAndUpdate(
    { _id: "format" },
    { $setOnInsert: { version: FORMAT } },
    { upsert: true, returnDocument: "after" },
  );
  const version = found?.version ?? FORMAT;
  if (version > FORMAT)
    throw new NewerFormat(
      `the database ${database.databaseName} is of format ${version}, this version of scim-ledger knows ${FORMAT}: start the newer version`,
    );
}
