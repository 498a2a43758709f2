// What a tenant's events are told in, a line each.
import type { Position } from "../../eventlog/event-log.ts";
import { happenedIn, withoutPersonal } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";
import { ecsLine } from "./ecs.ts";
import { ocsfLine } from "./ocsf.ts";
import { type Signal, signalsOf, type Telling } from "./signal.ts";
import { syslogLine } from "./syslog.ts";

export const STREAM_FORMATS = ["ocsf", "ecs", "syslog"] as const;
export type StreamFormat = (typeof STREAM_FORMATS)[number];

const writers: Readonly<Record<StreamFormat, (signal: Signal, telling: Telling) => string>> = {
  ocsf: ocsfLine,
  ecs: ecsLine,
  syslog: syslogLine,
};

export interface Lines {
  readonly lines: readonly string[];
  /** Where to go on: the last event that was looked at. */
  readonly position: Position;
}

/** The events after a position, whole ones, until there are `most` lines. */
export async function linesAfter(
  sources: Sources,
  tenant: string,
  stretch: { readonly after: Position; readonly until: Position },
  { format, most, ...telling }: Telling & { readonly format: StreamFormat; readonly most: number },
): Promise<Lines> {
  const lines: string[] = [];
  for await (const happened of happenedIn(withoutPersonal(sources), tenant, stretch)) {
    for (const signal of await signalsOf(sources.store, tenant, happened)) lines.push(writers[format](signal, telling));
    if (lines.length >= most) return { lines, position: happened.activity.position };
  }
  return { lines, position: stretch.until };
}
