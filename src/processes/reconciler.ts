// Heals what a crashed process left half-done: claims that nobody made good, and large group changes that nobody completed.
import { systemActor } from "../access/recorder.ts";
import { PENDING_FOR } from "../domain/claim.ts";
import type { GroupEvent } from "../domain/events.ts";
import type { ClaimProtocol } from "../eventlog/claim-protocol.ts";
import { readEnvelope } from "../eventlog/envelope.ts";
import { derivedId } from "../eventlog/event-id.ts";
import type { EventLog, Position, RecordedEvent } from "../eventlog/event-log.ts";
import type { CommandContext, Provisioning } from "../eventlog/provisioning.ts";

export interface ReconcilerOptions {
  readonly log: EventLog;
  readonly claims: ClaimProtocol;
  readonly provisioning: Provisioning;
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

/** Looks at the log after a position, once, and heals what is older than anyone would still wait for. */
export async function reconcile(
  { log, claims, provisioning }: ReconcilerOptions,
  after: Position,
  now: number,
): Promise<Healed> {
  const unfinished = await unfinishedAfter(log, after);
  let healedClaims = 0;
  let healedChanges = 0;
  for (const [stream, { tenant, path, at }] of unfinished.claims) {
    if (now - at < PENDING_FOR) continue;
    if (await claims.heal(contextOf(tenant, `claim:${stream}:${at}`), stream, path)) healedClaims++;
  }
  for (const [, { tenant, id, change, at }] of unfinished.changes) {
    if (now - at < OPEN_CHANGE) continue;
    const context = contextOf(tenant, `change:${change}`);
    if ((await provisioning.group({ type: "AbandonChange", id, change }, context)).position !== undefined)
      healedChanges++;
  }
  return { claims: healedClaims, changes: healedChanges };
}

/** A large change that is open for longer has lost its writer, in microseconds (DESIGN §5). */
const OPEN_CHANGE = 10_000_000;

async function unfinishedAfter(log: EventLog, after: Position): Promise<Unfinished> {
  const unfinished: Unfinished = { claims: new Map(), changes: new Map() };
  let position = after;
  for (;;) {
    const events = await log.readAll(position, PAGE);
    for (const event of events) note(unfinished, event);
    if (events.length < PAGE) return unfinished;
    position = events.at(-1)!.position;
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
