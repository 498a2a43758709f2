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

/** Rejects with the last error, after the signal without another try; whether the transaction was committed is then unknown. */
export async function inTransaction(
  session: ClientSession,
  work: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + WITHIN;
  const isOver = () => signal?.aborted === true || performance.now() > deadline;
  for (let attempt = 1; ; attempt++) {
    session.startTransaction(OPTIONS);
    try {
      await work();
      await commit(session, isOver);
      return;
    } catch (error) {
      // A server that cannot be told ends it by itself.
      if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
      if (!isTransient(error) || isOver()) throw error;
    }
    await pauseBefore(attempt);
  }
}

const pauseBefore = (attempt: number) => pause(Math.random() * Math.min(PAUSE, 5 * 2 ** attempt));

async function commit(session: ClientSession, isOver: () => boolean): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (isTransient(error) || !isUnknown(error) || isOver()) throw error;
      await pauseBefore(attempt);
    }
}
