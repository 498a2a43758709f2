// Turns events that touched a subject into rows of its timeline.

import type { Fact } from "../../domain/event.ts";
import { type GroupEvent, type ResourceEvent, UserDeactivated, type UserEvent } from "../../domain/events.ts";
import { interpretationsOf } from "../../domain/interpreted.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { Position, RecordedEvent } from "../../eventlog/event-log.ts";
import { factsOf } from "../../eventlog/facts.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { formatInstant } from "../answers/instant.ts";
import { attributesAt, displayAt, type Subject, typeOf } from "../answers/subject.ts";
import type { Holding } from "../holdings/holdings.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import { type Told, tell } from "./changes.ts";
import { type ClientOf, remembering } from "./clients.ts";
import { actorOf, clientNamed, requestOf } from "./evidence.ts";
import { withoutSecrets } from "./secrets.ts";
import type { TimelineRow } from "./timeline-row.ts";

type Memberships = TimelineRow["memberships"];

export class Teller {
  readonly #sources: Sources;
  readonly #clientOf: ClientOf;
  readonly #subject: Subject;
  readonly #gained: ReadonlyMap<Position, readonly Holding[]>;
  readonly #lost: ReadonlyMap<Position, readonly Holding[]>;

  constructor(sources: Sources, subject: Subject, memberships: readonly Holding[]) {
    this.#sources = sources;
    this.#clientOf = remembering(sources.clientOf);
    this.#subject = subject;
    this.#gained = Map.groupBy(memberships, ({ from }) => from);
    this.#lost = Map.groupBy(
      memberships.filter(({ to }) => to !== null),
      ({ to }) => to!,
    );
  }

  async rows(events: readonly Activity[]): Promise<readonly TimelineRow[]> {
    if (events.length === 0) return [];
    const recorded = await this.#sources.log.readAt(events.map(({ position }) => position));
    const facts = await factsOf(recorded, this.#sources.findKey);
    const rows: TimelineRow[] = [];
    for (const [index, activity] of events.entries())
      rows.push(await this.#row(activity, recorded[index]!, facts[index]!));
    return rows;
  }

  async #row(activity: Activity, recorded: RecordedEvent, fact: Fact): Promise<TimelineRow> {
    const { position, effectiveAt, at, eventId, eventType, resourceType, resourceId, revision } = activity;
    const envelope = readEnvelope(recorded);
    const { metadata } = envelope;
    const own = resourceId === this.#subject.id;
    const { tenant } = this.#subject;
    const type = typeOf(this.#sources, { tenant, type: resourceType, id: resourceId });
    const event = fact.event as UserEvent | GroupEvent | ResourceEvent;
    const told = tell(event, type);
    const interpretations = interpretationsOf(event);
    return {
      position,
      time: formatInstant(effectiveAt),
      at: formatInstant(at),
      event: eventId,
      type: eventType,
      resource: { type: resourceType, id: resourceId },
      revision,
      changes: own ? withoutSecrets(type, await this.#changes(activity, told)) : [],
      memberships: await this.#membershipsAt(position),
      ...(own && told.members !== undefined
        ? { members: { added: [...told.members.added], removed: [...told.members.removed] } }
        : {}),
      ...(told.cause === undefined ? {} : { cause: told.cause }),
      ...(told.change === undefined ? {} : { change: told.change }),
      actor: actorOf(envelope),
      ...(await clientNamed(envelope, this.#clientOf)),
      requestId: requestOf(envelope),
      commandId: metadata["commandId"] ?? "",
      ...(metadata["profile"] === undefined ? {} : { profile: metadata["profile"] }),
      rules: metadata["rules"]?.split(" ") ?? [],
      ...(interpretations.length === 0 ? {} : { interpretations: [...interpretations] }),
      ...(metadata["approval"] === undefined ? {} : { approval: metadata["approval"] }),
      ...(told.reason === undefined ? {} : { reason: told.reason }),
    };
  }

  /** An account without `active` is enabled: its deactivation then replaces no value. */
  async #changes({ eventType, position }: Activity, { changes }: Told): Promise<TimelineRow["changes"]> {
    if (eventType !== UserDeactivated.type) return [...changes];
    const before = await attributesAt(this.#sources, this.#subject, preceding(position));
    return before?.["active"] === undefined ? changes.map(({ path, after }) => ({ path, after })) : [...changes];
  }

  async #membershipsAt(position: Position): Promise<Memberships> {
    const memberships: Memberships = { gained: [], lost: [] };
    for (const { target } of this.#gained.get(position) ?? [])
      memberships.gained.push({ id: target, display: await this.#nameOf(target, position) });
    for (const { target, cause } of this.#lost.get(position) ?? [])
      memberships.lost.push({ id: target, display: await this.#nameOf(target, preceding(position)), cause });
    return memberships;
  }

  #nameOf(group: string, position: Position): Promise<string | null> {
    return displayAt(this.#sources, { tenant: this.#subject.tenant, type: "Group", id: group }, position);
  }
}
