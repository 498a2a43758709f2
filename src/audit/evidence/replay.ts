// Answers a question from nothing but a carried history: read models of their own are built of it, and the question is asked
// of them as it is asked of a service.
import type { RecordedEvent } from "../../eventlog/event-log.ts";
import { Projector } from "../../projections/projector.ts";
import type { SynchronousViewWriter } from "../../readstore/view-writer.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import { Turns } from "../answers/turns.ts";
import type { History, Present, Sources } from "../sources.ts";
import type { CarriedHistory } from "./history.ts";
import type { Scope } from "./scope.ts";
import { type KeyOf, opening, sourcesOf } from "./sources.ts";
import { Trace } from "./trace.ts";

/** Read models that nobody else reads, and that go away. */
export interface OwnViews {
  readonly writer: SynchronousViewWriter;
  /** What was written so far, for reading. */
  read(): History;
  close(): Promise<void>;
}

/** What a replay needs beside the history: adapters that the audit does not know. */
export interface Machinery {
  /** Empty ones. */
  views(): OwnViews;
  /** `base`: the URI of the SCIM service, without a slash at its end. */
  present(store: History, types: TypesOfTenants, base: string): Present;
  /** Told how far a long replay is. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Replay {
  readonly history: CarriedHistory;
  readonly keyOf: KeyOf;
  /** What locations of resources begin with. */
  readonly base: string;
  readonly machinery: Machinery;
  /** For a question that rests on some streams alone: learns which. */
  readonly scope?: Scope | undefined;
}

const AT_ONCE = 200;

/** Builds read models of a history, and works with them. The trace knows afterwards which values the work looked at. */
export async function replaying<T>(
  { history, keyOf, base, machinery, scope }: Replay,
  work: (sources: Sources, trace: Trace) => Promise<T>,
): Promise<T> {
  const views = machinery.views();
  try {
    await project(history, keyOf, views.writer, machinery);
    const trace = new Trace(history);
    const present = (store: History, types: TypesOfTenants) => machinery.present(store, types, base);
    return await work(sourcesOf({ history, keyOf, store: views.read(), trace, scope, present }), trace);
  } finally {
    await views.close();
  }
}

async function project(
  history: CarriedHistory,
  keyOf: KeyOf,
  writer: SynchronousViewWriter,
  { onProgress }: Machinery,
): Promise<void> {
  const projector = new Projector(writer, { namespace: history.namespace, openKey: opening(keyOf) });
  const turns = new Turns();
  for (let start = 0; start < history.size; start += AT_ONCE) {
    const events: RecordedEvent[] = [];
    for (let index = start; index < Math.min(history.size, start + AT_ONCE); index++)
      events.push(history.isCarried(index) ? history.event(index) : history.silence(index));
    projector.project(events);
    onProgress?.(start, history.size);
    await turns.pause();
  }
}
