// `replay step`: the events of one resource, one after the other, each with what it changed and the state after it. In a
// terminal by keys; else all of them.
import { emitKeypressEvents } from "node:readline";
import type { Subject } from "../../audit/answers/subject.ts";
import type { Stretch } from "../../audit/answers/window.ts";
import { provenanceOf } from "../../audit/effects/evidence.ts";
import { type Happened, happened } from "../../audit/effects/happened.ts";
import { type NetChange, netChangesOf } from "../../audit/effects/net-changes.ts";
import { hashOf, stateText } from "../../audit/replay/state.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { faint, type Line, rendered, strong } from "../line.ts";
import { printableJson } from "../printable.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { changeLines } from "./diff.ts";
import type { Replay } from "./open.ts";
import { type Said, sayRows, short } from "./said.ts";
import { shownState } from "./shown-state.ts";
import { FIRST, KEYS, pressed, type Step } from "./stepper.ts";

/** One event, with what it did. */
interface Frame {
  readonly one: Happened;
  readonly changes: readonly NetChange[];
  /** The resource after it, and the hash of its state; undefined where it was not there. */
  readonly after: { readonly shown: string; readonly stateHash: string } | undefined;
}

export async function sayStep(
  replay: Replay,
  tenant: string,
  subject: Subject,
  range: Stretch,
  said: Said & { readonly isInteractive: boolean },
): Promise<ExitCode> {
  const events = await eventsOf(replay, tenant, subject, range);
  if (events.length === 0) throw new Problem("there is no event of this resource in that range");
  const frame = (index: number) => frameOf(replay, tenant, subject, events[index]!);
  if (said.isInteractive) return interact(events.length, frame, said);
  const rows: object[] = [];
  for (const index of events.keys()) {
    const { one, changes, after } = await frame(index);
    const stateHash = after?.stateHash ?? null;
    rows.push({ number: index + 1, ...provenanceOf(one.envelope, one.evidence), changes, stateHash });
    said.progress.at(index + 1, events.length);
  }
  sayRows(said, rows as readonly StepRow[], { resource: `${subject.type} ${subject.id}` }, (row) => [
    [strong(`${row.number}. ${row.type}`), `  ${row.time}  by ${row.actor.name}  `, faint(`position ${row.position}`)],
    ...row.changes.flatMap((change) => changeLines(change, false)),
    [faint(`   state ${row.stateHash ?? "none"}`)],
  ]);
  return EXIT.ok;
}

interface StepRow {
  readonly number: number;
  readonly type: string;
  readonly time: string;
  readonly position: string;
  readonly actor: { readonly name: string };
  readonly changes: readonly NetChange[];
  readonly stateHash: string | null;
}

const AT_ONCE = 500;

async function eventsOf(
  { sources }: Replay,
  tenant: string,
  { id }: Subject,
  { after: first, until }: Stretch,
): Promise<readonly Activity[]> {
  const events: Activity[] = [];
  for (let after = first; ; ) {
    const batch = await sources.store.activityOf(tenant, id, after, AT_ONCE, until);
    events.push(...batch.filter(({ resourceId }) => resourceId === id));
    if (batch.length < AT_ONCE) return events;
    after = batch.at(-1)!.position;
  }
}

export async function frameOf(
  { sources }: Replay,
  tenant: string,
  { type, id }: Subject,
  activity: Activity,
): Promise<Frame> {
  const [one] = await happened(sources, [activity]);
  const changes = await netChangesOf(sources, { type, id, positions: [activity.position] });
  const state = await stateText(sources.store, tenant, type, id, activity.position);
  const after =
    state === undefined ? undefined : { shown: shownState(sources, tenant, type, state), stateHash: hashOf([state]) };
  return { one: one!, changes, after };
}

/** Wipes the terminal and goes to its first line. */
const CLEAR = "\u001b[2J\u001b[H";

async function interact(count: number, frame: (index: number) => Promise<Frame>, { io }: Said): Promise<ExitCode> {
  const { stdin } = process;
  emitKeypressEvents(stdin);
  stdin.setRawMode?.(true);
  stdin.resume();
  let step = FIRST;
  const draw = async () => {
    const lines = screenOf(step, count, await frame(step.at));
    const surface = { isTerminal: true, env: io.env };
    await io.write(`${CLEAR}${lines.map((line) => `${rendered(line, surface)}\r\n`).join("")}`);
  };
  try {
    await draw();
    for await (const key of keys(stdin)) {
      step = pressed(step, key, count);
      if (step.isOver) break;
      await draw();
    }
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
  }
  return EXIT.ok;
}

async function* keys(stdin: NodeJS.ReadStream): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake: () => void = () => {};
  const heard = (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
    waiting.push(key.ctrl === true ? `ctrl-${key.name}` : (key.name ?? text ?? ""));
    wake();
  };
  stdin.on("keypress", heard);
  try {
    for (;;) {
      const key = waiting.shift();
      if (key !== undefined) yield key;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stdin.off("keypress", heard);
  }
}

/** What the terminal shows. */
export function screenOf(step: Step, count: number, { one, changes, after }: Frame): readonly Line[] {
  const { evidence, envelope } = one;
  const body = {
    event: () => (after === undefined ? ["(not there)"] : printableJson(JSON.parse(after.shown), 2).split("\n")),
    difference: () => changes.flatMap((change) => changeLines(change, false)),
    evidence: () => Object.entries(provenanceOf(envelope, evidence)).map(([name, value]) => `${name}: ${short(value)}`),
  }[step.view]();
  return [
    [strong(`${step.at + 1} of ${count}  ${evidence.type}`), `  ${evidence.time}  by ${evidence.actor.name}`],
    "",
    ...(body.length === 0 ? ["(nothing)"] : body),
    "",
    after === undefined ? "" : [faint(`state hash ${after.stateHash}`)],
    [faint(step.typed === undefined ? KEYS : `jump to ${step.typed}`)],
  ];
}
