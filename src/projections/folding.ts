// What every projector does between reading the log and writing the read models: opens events, says what must be loaded for
// them, folds them onto it, and keeps the checkpoint.
import type { OpenKey } from "../eventlog/codec.ts";
import { ordinalOf, type Position, positionOf } from "../eventlog/event-log.ts";
import type { Checkpoint, LoadedViews, ResourceKey, ViewBatch, ViewRequest } from "../readstore/view-writer.ts";
import { type Definitions, noDefinitions } from "../scim/schema/definitions.ts";
import { readDefinitions } from "./definitions/definitions.ts";
import { foldBatch, requestOf, startsBatch } from "./fold.ts";
import { type LogEvent, LogEvents, shows, type Tick } from "./log-event.ts";
import { keyText } from "./open-changes.ts";
import type { PreparedEvent } from "./preparing.ts";

export interface ProjectorOptions {
  readonly namespace: string;
  readonly openKey: OpenKey;
}

/** Opened events, in log order. */
export type Events = readonly (LogEvent | Tick)[];

export class Folding {
  readonly #events: LogEvents;
  /** As stored, of the tenants that came by; read again once they changed. */
  readonly #definitions = new Map<string, Definitions>();
  #checkpoint: Checkpoint;

  constructor(checkpoint: Checkpoint, { namespace, openKey }: ProjectorOptions) {
    this.#checkpoint = checkpoint;
    this.#events = new LogEvents(namespace, openKey);
  }

  /** Where the next batch starts. */
  get position(): Position {
    return positionOf(this.#checkpoint.place);
  }

  /** Opens events that follow those that were opened before, or the checkpoint; what was opened or seen already is passed over. */
  open(recorded: readonly PreparedEvent[], before: Events = []): Events {
    const { place, effectiveAt } = before.at(-1) ?? this.#checkpoint;
    const fresh = recorded.filter(({ position }) => ordinalOf(position) > place);
    return this.#events.open(fresh, effectiveAt);
  }

  /** What the next batch must have at hand. */
  request(batch: Events): ViewRequest {
    return requestOf(batch, this.#definitions);
  }

  /** Folds the next batch onto what was loaded for it, or so much of it that it has its resources and writes not much more than `room`. */
  fold(batch: Events, { definitionsOf, resources }: ViewRequest, loaded: LoadedViews, room?: number): ViewBatch {
    for (const tenant of definitionsOf) this.#definitions.set(tenant, noDefinitions);
    for (const { tenant, text } of loaded.definitions) this.#definitions.set(tenant, readDefinitions(text));
    const events = before(batch, resources[loaded.lookedFor ?? resources.length]);
    return foldBatch(events, loaded, this.#checkpoint, this.#definitions, room);
  }

  /** The next batch follows this one. */
  goOn({ to, definitions }: ViewBatch): void {
    this.#checkpoint = to;
    for (const { tenant } of definitions) this.#definitions.delete(tenant);
  }
}

/** The events before the first of a resource. */
function before(events: Events, resource: ResourceKey | undefined): Events {
  if (resource === undefined) return events;
  const text = keyText(resource);
  return events.slice(
    0,
    events.findIndex((event) => shows(event) && keyText(event.key) === text),
  );
}

/** Cuts before events that must be the first of their batch. */
export function cut(events: Events): readonly Events[] {
  const batches: (LogEvent | Tick)[][] = [];
  for (const event of events)
    if (batches.length === 0 || startsBatch(event)) batches.push([event]);
    else batches.at(-1)!.push(event);
  return batches;
}
