// Heals what a crashed process left half-done: claims that nobody made good, and large group changes that nobody completed.
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { systemActor } from "../access/recorder.ts";
import { PENDING_FOR } from "../domain/claim.ts";
import type { GroupEvent } from "../domain/events.ts";
import type { ClaimProtocol } from "../eventlog/claim-protocol.ts";
import { readEnvelope } from "../eventlog/envelope.ts";
import { derivedId } from "../eventlog/event-id.ts";
import { type EventLog, type Position, type RecordedEvent, START } from "../eventlog/event-log.ts";
import type { CommandContext, Provisioning } from "../eventlog/provisioning.ts";
import type { ReadStore } from "../readstore/read-store.ts";

export interface ReconcilerOptions {
  readonly log: EventLog;
  readonly provisioning: Provisioning & { readonly claims: ClaimProtocol };
}

interface Unfinished {
  readonly claims: Map<string, { tenant: string; path: string; at: number }>;
  readonly changes: Map<string, { tenant: string; id: string; change: string; at: number }>;
}

export interface Healed {
  readonly claims: number;
  readonly changes: number;
}

const PAGE = 1_000;

/** How much of the log's end may hold what a crash left, in microseconds. */
const LOOK_BACK = 60_000_000;
/** When to look, ms after the start: at the second look nothing of an earlier process is too young to be healed. */
const LOOKS = [0, 15_000];

/** Heals what an earlier process left at the end of the log; resolves when done or aborted. */
export async function reconcileAtStart(
  options: ReconcilerOptions & { readonly readStore: ReadStore; readonly signal: AbortSignal },
): Promise<void> {
  const { log, readStore, signal } = options;
  const until = await log.head();
  const [last] = until === START ? [] : await log.readAt([until]);
  if (last === undefined) return;
  const after = await readStore.positionAt(readEnvelope(last).at - LOOK_BACK);
  for (const look of LOOKS) {
    await pause(look, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await reconcile(options, { after, until }, Date.now() * 1_000);
  }
}

/** Looks at a part of the log, once, and heals what is older than anyone would still wait for. */
async function reconcile(
  { log, provisioning }: ReconcilerOptions,
  { after, until }: { readonly after: Position; readonly until: Position },
  now: number,
): Promise<Healed> {
  const unfinished = await unfinishedIn(log, after, until);
  let healedClaims = 0;
  let healedChanges = 0;
  for (const [stream, { tenant, path, at }] of unfinished.claims) {
    if (now - at < PENDING_FOR) continue;
    if (await provisioning.claims.heal(contextOf(tenant, `claim:${stream}:${at}`), stream, path)) healedClaims++;
  }
  for (const [, { tenant, id, change, at }] of unfinished.changes) {
    if (now - at < OPEN_CHANGE) continue;
    const context = contextOf(tenant, `change:${change}`);
    if ((await provisioning.group({ type: "AbandonChange", id, change }, context)).position !== undefined)
      healedChanges++;
  }
  return { claims: healedClaims, changes: healedChanges };
}

/** A large change that is open for longer has lost its writer, in microseconds. */
const OPEN_CHANGE = 10_000_000;

async function unfinishedIn(log: EventLog, after: Position, until: Position): Promise<Unfinished> {
  const unfinished: Unfinished = { claims: new Map(), changes: new Map() };
  let position = after;
  for (;;) {
    const events = await log.readAll(position, PAGE);
    for (const event of events) if (event.position <= until) note(unfinished, event);
    if (events.length < PAGE || events.at(-1)!.position >= until) return unfinished;
    position = events.at(-1)!.position;
    // Requests have their turn first.
    await nextTurn();
  }
}

function note({ claims, changes }: Unfinished, event: RecordedEvent): void {
  switch (event.type) {
    case "IdentifierClaimed": {
      const { tenant, at, data } = readEnvelope(event);
      claims.set(event.stream, { tenant, path: (data as { attribute: string }).attribute, at });
      break;
    }
    case "IdentifierReleased":
      claims.delete(event.stream);
      break;
    case "GroupChangeBegun": {
      const { tenant, at, data, stream } = readEnvelope(event);
      const { change } = data as Extract<GroupEvent, { type: "GroupChangeBegun" }>["data"];
      changes.set(stream, { tenant, id: stream.slice(stream.indexOf(":") + 1), change, at });
      break;
    }
    case "GroupChangeCompleted":
    case "GroupChangeAbandoned":
      changes.delete(event.stream);
      break;
  }
}

const contextOf = (tenant: string, name: string): CommandContext => {
  const commandId = derivedId("reconciler", name);
  return { tenant, actor: systemActor, requestId: commandId, commandId };
};
