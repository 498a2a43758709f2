// An event of the log as the projections see it.

import type { Fact } from "../domain/event.ts";
import { recognise } from "../domain/recognise.ts";
import { type OpenKey, openPersonal, type Personal } from "../eventlog/codec.ts";
import { type Envelope, readEnvelope } from "../eventlog/envelope.ts";
import { Fatal, ordinalOf, type RecordedEvent } from "../eventlog/event-log.ts";
import { parseStreamName } from "../eventlog/stream-name.ts";
import type { LedgerHead, ResourceKey, TickRow } from "../readstore/view-writer.ts";
import { headLeafOf } from "./ledger/entry-of.ts";
import { ledgerWordOf } from "./ledger/head-of.ts";
import { type Leaf, leafOf } from "./ledger/leaf-of.ts";
import type { PreparedEvent } from "./preparing.ts";

export interface LogEvent {
  readonly place: number;
  readonly envelope: Envelope;
  /** The running maximum of `at`, microseconds. */
  readonly effectiveAt: number;
  /** The stream's resource, or `{type: "Tenant", id: tenant}`. */
  readonly key: ResourceKey;
  readonly fact: Fact;
  readonly leaf?: Leaf;
}

/** An event that no read model shows; it moves the effective time all the same. */
export interface Tick extends TickRow {
  /** Of the instance's tree, for an event of a tenant's ledger; absent for one of the instance's. */
  readonly leaf?: Leaf;
  /** Of a ledger's own event that says so. */
  readonly head?: LedgerHead;
}

/** Whether an event shows in a read model. */
export const shows = (event: LogEvent | Tick): event is LogEvent => "fact" in event;

/** Type under which a tenant's own events stand in `activity`; no resource type has it. */
export const TENANT = "Tenant";

/** Opens events one after the other and carries the effective time along. */
export class LogEvents {
  readonly #namespace: string;
  readonly #openKey: OpenKey;
  /** What the names of the ledger's own streams begin with. */
  readonly #ledgers: string;

  constructor(namespace: string, openKey: OpenKey) {
    this.#namespace = namespace;
    this.#ledgers = `${namespace}.ledger-`;
    this.#openKey = openKey;
  }

  /** All events, the effective time carried on from what it was before them. */
  open(recorded: readonly PreparedEvent[], effectiveAt: number): (LogEvent | Tick)[] {
    const events: (LogEvent | Tick)[] = [];
    let latest = effectiveAt;
    for (const event of recorded) {
      const envelope = readEnvelope(event);
      if (envelope.at > latest) latest = envelope.at;
      const key = this.#keyOf(event.stream);
      const place = ordinalOf(event.position);
      if (event.stream.startsWith(this.#ledgers)) {
        const { head, note } = ledgerWordOf(envelope);
        const leaf = headLeafOf(event, envelope, note);
        events.push({ place, effectiveAt: latest, head, ...(leaf === undefined ? {} : { leaf }) });
        continue;
      }
      const leaf = leafOfPrepared(event, envelope);
      if (key === undefined || "kind" in key) {
        events.push({ place, effectiveAt: latest, leaf, ...(key === undefined ? {} : { record: key }) });
        continue;
      }
      const personal = openPersonal(event, envelope, this.#openKey);
      events.push({ place, envelope, effectiveAt: latest, key, fact: factOf(event, envelope, personal), leaf });
    }
    return events;
  }

  /** Undefined for an event that no read model shows. */
  #keyOf(stream: string): ResourceKey | Tick["record"] {
    const name = parseStreamName(this.#namespace, stream);
    switch (name?.category) {
      case "user":
        return { tenant: name.tenant, type: "User", id: name.id };
      case "group":
        return { tenant: name.tenant, type: "Group", id: name.id };
      case "resource":
        return { tenant: name.tenant, type: name.type, id: name.id };
      case "tenant":
        return { tenant: name.tenant, type: TENANT, id: name.tenant };
      case "attempt":
      case "inspection":
      case "assertion":
        return { tenant: name.tenant, kind: name.category };
      default:
        return undefined;
    }
  }
}

const leafOfPrepared = (event: PreparedEvent, envelope: Envelope): Leaf =>
  event.leaf === undefined
    ? leafOf(event, envelope)
    : { tenant: envelope.tenant, eventId: envelope.id, hash: event.leaf };

function factOf(recorded: RecordedEvent, envelope: Envelope, personal: Personal | "erased" | undefined): Fact {
  const { type, version, data, revision, at, key } = envelope;
  const event = recognise(type, version, data, personal);
  if (event === undefined)
    throw new Fatal(
      `the event at position ${recorded.position} is a ${type} of version ${version}, which this version of scim-ledger does not know`,
    );
  return { event, revision, at, ...(key === undefined ? {} : { key }) };
}
