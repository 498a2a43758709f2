// Everything in an evidence folder that follows from its leaves, its events and its keys: the answer, and what it rests on.
// Whoever writes a folder and whoever verifies it do this, and come to the same bytes.
import { UserErased } from "../../domain/events.ts";
import { KeysDestroyed } from "../../domain/record-events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { answerText, type Format } from "../answers/answer-text.ts";
import { formatInstant } from "../answers/instant.ts";
import type { Answer } from "../answers/question.ts";
import { Turns } from "../answers/turns.ts";
import type { Sources } from "../sources.ts";
import type { CarriedHistory } from "./history.ts";
import type { Asking, Findings } from "./manifest.ts";
import { type Replay, replaying } from "./replay.ts";
import type { Scope } from "./scope.ts";
import { type KeyOf, latestOf } from "./sources.ts";
import type { Trace } from "./trace.ts";

/** Takes a text piece by piece. */
export interface Sink {
  write(text: string): void;
  end(): void;
}

export interface Sinks {
  readonly json: Sink;
  readonly csv: Sink;
}

export interface Derived {
  readonly findings: Findings;
  /** Leaves of the events whose values the answer rests on and whose keys are there, in order, with these keys. */
  readonly keys: readonly (readonly [index: number, key: Uint8Array])[];
}

/**
 * Asks the question of a history. `scope` is of a question that rests on some streams alone. Throws ScimError where the
 * question has no answer, Tampered where an event is missing that the answer rests on.
 */
export async function derive(asking: Asking, replay: Omit<Replay, "base">, sinks: Sinks): Promise<Derived> {
  const { history, keyOf, scope } = replay;
  return replaying({ ...replay, base: asking.base }, async (sources, trace) => {
    try {
      const { answer, rows } = await write(sources, asking, "json", sinks.json);
      await write(sources, asking, "csv", sinks.csv);
      return derived(history, keyOf, trace, answer, rows);
    } finally {
      // Where an event is missing, that says more than any error that follows from it.
      checkCovered(history, scope);
    }
  });
}

/** Events of this type are carried in any case: they say which keys of records and clients were destroyed. */
export const ALWAYS = KeysDestroyed.type;

/** Throws Tampered where an event of a stream in scope is not carried, or, without a scope, any event. */
export function checkCovered(history: CarriedHistory, scope: Scope | undefined): void {
  const { leaves, size } = history;
  for (let index = 0; index < size; index++) {
    const isNeeded = scope === undefined || scope.streams.has(leaves.streamOf(index));
    if (isNeeded && !history.isCarried(index)) throw history.missing(index);
  }
  for (const index of leaves.ofType(ALWAYS)) if (!history.isCarried(index)) throw history.missing(index);
}

async function write(
  sources: Sources,
  { question, parameters, tenant }: Asking,
  format: Format,
  sink: Sink,
): Promise<{ readonly answer: Answer; readonly rows: number }> {
  const asked = question.read(parameters, sources.clock());
  const answer = await asked.answer(sources, tenant);
  let rows = 0;
  const count = (more: number) => {
    rows += more;
  };
  const turns = new Turns();
  for await (const piece of answerText(asked, tenant, answer, sources, format, count)) {
    sink.write(piece);
    await turns.pause();
  }
  if (format === "json") sink.write("\n");
  sink.end();
  return { answer, rows };
}

function derived(history: CarriedHistory, keyOf: KeyOf, trace: Trace, answer: Answer, rows: number): Derived {
  const keys: (readonly [number, Uint8Array])[] = [];
  const subjects = new Set<string>();
  const destroyed = destroyedIn(history);
  let [explained, unexplained] = [0, 0];
  for (const index of trace.used()) {
    const event = history.event(index);
    const key = keyOf(index, event);
    if (key !== undefined) {
      keys.push([index, key]);
      continue;
    }
    subjects.add(event.stream);
    if (destroyed.has(readEnvelope(event).key ?? "")) explained += 1;
    else unexplained += 1;
  }
  const findings: Findings = {
    asOf: answer.asOf === undefined ? null : formatInstant(answer.asOf),
    position: answer.position,
    knownAt: formatInstant(answer.knownAt ?? latestOf(history)),
    rows,
    leaves: history.size,
    events: history.events,
    streams: history.streams,
    keys: keys.length,
    unopened: { destroyed: explained, unexplained, subjects: subjects.size },
  };
  return { findings, keys };
}

/** The data keys of which the ledger says that they were destroyed. */
function destroyedIn(history: CarriedHistory): ReadonlySet<string> {
  const destroyed = new Set<string>();
  for (const type of [UserErased.type, KeysDestroyed.type])
    for (const index of history.leaves.ofType(type).filter((one) => history.isCarried(one))) {
      const { data } = readEnvelope(history.event(index));
      for (const key of (data as unknown as { readonly keys: readonly string[] }).keys) destroyed.add(key);
    }
  return destroyed;
}
