// `replay diff`: what two places differ in, with the events that caused it.

import type { Subject } from "../../audit/answers/subject.ts";
import type { NetChange, NetKind } from "../../audit/effects/net-changes.ts";
import { differencesIn } from "../../audit/questions/diff.ts";
import { hashOf, StateHash, stateText } from "../../audit/replay/state.ts";
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import { added, changed, faint, type Line, removed, strong } from "../line.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import type { ProgressLine } from "../progress.ts";
import type { Replay } from "./open.ts";
import { type Said, sayRows, short } from "./said.ts";
import { statedAt } from "./watched.ts";

export interface DiffOptions {
  readonly from: Position;
  readonly to: Position;
  readonly explain: boolean;
  /** State hashes of a whole tenant take a walk through it. */
  readonly hash: boolean;
}

export async function sayDiff(
  replay: Replay,
  tenant: string,
  subject: Subject | undefined,
  { from, to, explain, hash }: DiffOptions,
  said: Said,
): Promise<ExitCode> {
  const rows: NetChange[] = [];
  const { progress } = said;
  for await (const change of differencesIn(replay.sources, tenant, { after: from, until: to }, subject)) {
    rows.push(change);
    // Resources come in the order in which they were first touched.
    progress.at(ordinalOf(change.events[0]!.position as Position) - ordinalOf(from), ordinalOf(to) - ordinalOf(from));
  }
  const hashes = hash
    ? {
        "state hash from": await hashAt(replay, tenant, subject, from, progress),
        "state hash to": await hashAt(replay, tenant, subject, to, progress),
      }
    : {};
  let last = "";
  sayRows(said, rows, { from, to, ...hashes }, (change) => {
    const name = `${change.resource.type} ${change.resource.id}`;
    const head = name === last ? [] : [[strong(name)]];
    last = name;
    return [...head, ...changeLines(change, explain)];
  });
  return EXIT.ok;
}

async function hashAt(
  { sources }: Replay,
  tenant: string,
  subject: Subject | undefined,
  position: Position,
  progress: ProgressLine,
): Promise<string> {
  const { store } = sources;
  if (subject !== undefined) {
    const text = await stateText(store, tenant, subject.type, subject.id, position);
    return text === undefined ? "none" : hashOf([text]);
  }
  const hash = new StateHash();
  for await (const { text } of statedAt({ sources }, tenant, position, progress)) hash.add(text);
  return hash.digest();
}

const SIGNS: Readonly<Record<NetKind, string>> = {
  created: "+",
  added: "+",
  deleted: "-",
  removed: "-",
  changed: "~",
  reverted: "=",
  erased: "x",
};

/** Of a resource that came or went. */
const LIVES: Partial<Readonly<Record<NetKind, string>>> = { reverted: "created, and deleted again" };

/** A change as lines for people; `explain`: with the events behind it. */
export function changeLines(
  { kind, path, element, member, before, after, events }: NetChange,
  explain: boolean,
): readonly Line[] {
  const what = path === undefined ? (LIVES[kind] ?? kind) : `${path}${element === undefined ? "" : `[${element}]`}`;
  const values = {
    added: () => (member === undefined ? `: ${short(after)}` : `: ${member}`),
    removed: () => (member === undefined ? `: ${short(before)}` : `: ${member}`),
    changed: () => `: ${short(before)} → ${short(after)}`,
    reverted: () =>
      path === undefined ? "" : `${member === undefined ? "" : `: ${member}`} (${events.length} times, and back again)`,
    created: () => "",
    deleted: () => "",
    erased: () => "",
  }[kind]();
  const colour = { "+": added, "-": removed, "~": changed }[SIGNS[kind]] ?? faint;
  const because = explain
    ? events.map(({ time, type, actor, requestId, position }) => [
        faint(`      ${time} ${type} by ${actor.name} (request ${requestId}, position ${position})`),
      ])
    : [];
  return [[colour(`  ${SIGNS[kind]} ${what}${values}`)], ...because];
}
