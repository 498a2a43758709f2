// One transaction until it is committed: what failed for a moment is tried again with the very same work.
import { setTimeout as pause } from "node:timers/promises";
import { type ClientSession, MongoError, MongoErrorLabel, type TransactionOptions } from "mongodb";

/** Milliseconds: what one transaction may take with all that is repeated of it; less than a server lets it live. */
const WITHIN = 30_000;
/** Milliseconds a commit may wait for the majority. */
const COMMIT_WITHIN = 10_000;
/** Milliseconds before it is tried again, at most. */
const PAUSE = 200;

const OPTIONS: TransactionOptions = {
  readConcern: { level: "snapshot" },
  writeConcern: { w: "majority", journal: true },
  readPreference: "primary",
  maxCommitTimeMS: COMMIT_WITHIN,
};

const isLabelled = (error: unknown, label: string): boolean =>
  error instanceof MongoError && error.hasErrorLabel(label);
const isTransient = (error: unknown): boolean => isLabelled(error, MongoErrorLabel.TransientTransactionError);
const isUnknown = (error: unknown): boolean => isLabelled(error, MongoErrorLabel.UnknownTransactionCommitResult);

/** Rejects with the last error; whether the transaction was committed is then unknown. */
export async function inTransaction(session: ClientSession, work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + WITHIN;
  for (let attempt = 1; ; attempt++) {
    session.startTransaction(OPTIONS);
    try {
      await work();
      await commit(session, deadline);
      return;
    } catch (error) {
      // A server that cannot be told ends it by itself.
      if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
      if (!isTransient(error) || performance.now() > deadline) throw error;
    }
    await pause(Math.random() * Math.min(PAUSE, 5 * 2 ** attempt));
  }
}

async function commit(session: ClientSession, deadline: number): Promise<void> {
  for (;;)
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (isTransient(error) || !isUnknown(error) || performance.now() > deadline) throw error;
    }
}
