// Answers that are waited for no longer than so: a connection that was cut without a word is noticed late.
import { setTimeout as pause } from "node:timers/promises";
import { MongoNetworkTimeoutError } from "mongodb";

/** The answer, or MongoNetworkTimeoutError after so many milliseconds; whether the command still does its work is unknown. */
export async function inTime<Answer>(answer: Promise<Answer>, milliseconds: number): Promise<Answer> {
  const [over, silence] = [new AbortController(), new Error()];
  const timer = pause(milliseconds, silence, { signal: over.signal, ref: false }).catch(() => silence);
  try {
    const first = await Promise.race([answer, timer]);
    if (first === silence) throw new MongoNetworkTimeoutError(`MongoDB did not answer within ${milliseconds} ms`);
    return first as Answer;
  } finally {
    over.abort();
  }
}
