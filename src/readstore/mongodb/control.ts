// The collection that says what the others are: the format of the database, who projects, which generation serves.
import type { Collection, Db } from "mongodb";

/** Moves with a change of the database that an older version of scim-ledger must not meet. */
export const FORMAT = 1;

export interface FormatDocument {
  readonly _id: "format";
  readonly version: number;
}

/** Who projects. Times are the server's. */
export interface LeaseDocument {
  readonly _id: "projector";
  /** The node's name; empty where nobody does. */
  readonly owner: string;
  /** Of the owner: each taking has a higher one. */
  readonly epoch: number;
  /** The highest that was ever given out. */
  readonly lastEpoch: number;
  readonly expiresAt: Date;
}

export type ControlDocument = FormatDocument | LeaseDocument;

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
