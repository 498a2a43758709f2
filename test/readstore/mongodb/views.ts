// Read models of a history in MongoDB, and everything they say.
import type { Db } from "mongodb";
import type { OpenKey } from "../../../src/eventlog/codec.ts";
import type { RecordedEvent } from "../../../src/eventlog/event-log.ts";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { INDEXES } from "../../../src/readstore/mongodb/collections.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";

interface Projected {
  readonly events: readonly RecordedEvent[];
  readonly openKey: OpenKey;
}

export async function projectAll(
  projector: AsynchronousProjector,
  events: readonly RecordedEvent[],
  size: number,
): Promise<void> {
  for (let from = 0; from < events.length; from += size) await projector.project(events.slice(from, from + size));
}

/** Projects a history into a generation, in batches of `size`, from wherever it is. */
export async function projectInto(
  database: Db,
  generation: string,
  { events, openKey }: Projected,
  { size = 1_000, epoch = 1 }: { readonly size?: number; readonly epoch?: number } = {},
): Promise<void> {
  await using writer = await MongoViewWriter.open({ database, generation, epoch });
  const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: openKey });
  await projectAll(projector, events, size);
}

/** All documents of a generation; of the checkpoint without epoch and session, which say nothing of the log. */
export async function dumpOf(database: Db, generation: string): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const name of Object.keys(INDEXES)) {
    const documents = await database
      .collection(`${generation}.${name}`)
      .find({}, { sort: { _id: 1 }, projection: { epoch: 0, session: 0 } })
      .toArray();
    dump[name] = documents.map((document) => JSON.stringify(document)).sort();
  }
  return dump;
}
