// From a batch of events to what it changes in the read models: what must be loaded, and then a pure fold.

import { changesDefinitions } from "../domain/definition-commands.ts";
import type {
  ActivityRow,
  Checkpoint,
  ForgottenValue,
  GrantChange,
  IndexChange,
  LoadedViews,
  PastVersion,
  ResourceKey,
  Tally,
  ViewBatch,
  ViewDocument,
  ViewRequest,
} from "../readstore/view-writer.ts";
import type { JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { Definitions } from "../scim/schema/definitions.ts";
import { activityOf } from "./activity/activity.ts";
import { DefinitionsInBatch } from "./definitions/definitions.ts";
import { grantChanges } from "./grants/grants.ts";
import { growLedgers, tenantsOf } from "./ledger/grow-ledgers.ts";
import { type LogEvent, shows, TENANT, type Tick } from "./log-event.ts";
import { keyText, OpenChanges, type Step } from "./open-changes.ts";
import { indexChanges, indexedValues } from "./resources/indexed-values.ts";
import { after, type Projected, resume } from "./resources/resources.ts";
import { erasedVersion, superseded } from "./versions/versions.ts";

const ERASURE = "UserErased";
/** Events from one tally to the next. */
const TALLY_EVERY = 4_096;

/** Whether an event must be the first of its batch: what it rewrites must all be stored. */
export const startsBatch = (event: LogEvent | Tick): boolean => shows(event) && event.fact.event.type === ERASURE;

/** What `foldBatch` will look at. `definitions`: of the tenants whose definitions are at hand. */
export function requestOf(
  events: readonly (LogEvent | Tick)[],
  definitions: ReadonlyMap<string, Definitions>,
): ViewRequest {
  const definitionsOf = new Set<string>();
  const resources = new Map<string, ResourceKey>();
  const begun = new Set<string>();
  const pastOf: ResourceKey[] = [];
  for (const event of events) {
    if (!shows(event)) continue;
    if (!definitions.has(event.key.tenant)) definitionsOf.add(event.key.tenant);
    if (event.key.type === TENANT) continue;
    const text = keyText(event.key);
    // Of a stream that begins in this batch nothing can be stored.
    if (event.fact.revision === 0) begun.add(text);
    else if (!begun.has(text)) resources.set(text, event.key);
    if (startsBatch(event)) pastOf.push(event.key);
  }
  const keys = [...resources.values()];
  return {
    resources: keys,
    pendingOf: keys.filter(({ type }) => type === "Group"),
    pastOf,
    definitionsOf: [...definitionsOf],
    ledgers: tenantsOf(events),
  };
}

/**
 * What the events, at least one, come to, on top of what was loaded. Those after the one that makes its texts longer than `room`
 * are left to the next batch.
 */
export function foldBatch(
  events: readonly (LogEvent | Tick)[],
  loaded: LoadedViews,
  from: Checkpoint,
  definitions: ReadonlyMap<string, Definitions>,
  room = Number.POSITIVE_INFINITY,
): ViewBatch {
  const batch = new Batch(loaded, definitions);
  let count = 0;
  while (count < events.length && (count === 0 || batch.length < room)) batch.add(events[count++]!);
  const folded = count === events.length ? events : events.slice(0, count);
  const { place, effectiveAt } = folded.at(-1)!;
  const to: Checkpoint = { place, effectiveAt, events: from.events + folded.length };
  return {
    ...batch.result(from, to),
    tallies: talliesOf(folded, from),
    ledgers: growLedgers(folded, loaded.ledgers),
    heads: folded.flatMap((event) => ("head" in event && event.head !== undefined ? [event.head] : [])),
  };
}

/** At the same places however the log is cut into batches. */
function talliesOf(folded: readonly (LogEvent | Tick)[], { events }: Checkpoint): readonly Tally[] {
  const tallies: Tally[] = [];
  for (let next = TALLY_EVERY - (events % TALLY_EVERY); next <= folded.length; next += TALLY_EVERY)
    tallies.push({ place: folded[next - 1]!.place, events: events + next });
  return tallies;
}

class Batch {
  readonly #loaded: LoadedViews;
  readonly #stored = new Set<string>();
  readonly #current = new Map<string, Projected | ViewDocument>();
  readonly #touched = new Map<string, Projected>();
  readonly #changes: OpenChanges;
  readonly #index: IndexChange[] = [];
  readonly #versions: PastVersion[] = [];
  readonly #rewritten: PastVersion[] = [];
  readonly #forgotten: ForgottenValue[] = [];
  readonly #grants: GrantChange[] = [];
  readonly #activity: ActivityRow[] = [];
  readonly #ticks: Tick[] = [];
  readonly #definitions: DefinitionsInBatch;
  #length = 0;

  constructor(loaded: LoadedViews, definitions: ReadonlyMap<string, Definitions>) {
    this.#loaded = loaded;
    this.#definitions = new DefinitionsInBatch(definitions);
    for (const document of loaded.resources) {
      this.#current.set(keyText(document), document);
      this.#stored.add(keyText(document));
    }
    this.#changes = new OpenChanges(loaded.pending);
  }

  /** Of the texts of resources and versions that it writes, UTF-16 units, about. */
  get length(): number {
    return this.#length;
  }

  add(event: LogEvent | Tick): void {
    if (!shows(event)) {
      this.#ticks.push(event);
      return;
    }
    const step = this.#changes.step(event);
    const text = keyText(step.key);
    const resource = step.key.type === TENANT ? this.#define(step) : this.#fold(text, step);
    this.#activity.push(activityOf(step, resource?.document.from));
  }

  #define({ key, fact }: Step): undefined {
    if (changesDefinitions(fact.event)) this.#definitions.fold(key.tenant, fact.event);
  }

  #fold(text: string, step: Step): Projected | undefined {
    const type = this.#definitions.typeOf(step.key);
    const known = this.#touched.get(text) ?? this.#current.get(text);
    const before = known === undefined || "document" in known ? known : resume(known);
    const next = after(before, step, type);
    if (next === undefined) return undefined;
    if (!this.#touched.has(text)) this.#length += lengthOf(next.document);
    this.#touched.set(text, next);
    if (step.fact.event.type === ERASURE) this.#erase(step, before!, type);
    else this.#index.push(...this.#indexed(before, next, step, type));
    const version = superseded(before, step);
    if (version !== undefined) {
      this.#length += lengthOf(version);
      this.#versions.push(version);
    }
    this.#grants.push(...grantChanges(step));
    return next;
  }

  #indexed(before: Projected | undefined, next: Projected, { key, place }: Step, type: ResourceType): IndexChange[] {
    const standing = ({ document, shadow }: Projected) => (document.until === null ? shadow : undefined);
    return indexChanges({ key, resource: next.document.from, type }, before && standing(before), standing(next), place);
  }

  #erase({ key }: Step, before: Projected, type: ResourceType): void {
    const past = this.#loaded.past.filter(({ resource }) => resource === before.document.from);
    const shadows = [before.shadow, ...past.map(({ shadow }) => JSON.parse(shadow) as JsonObject)];
    this.#forgotten.push(...indexedValues({ key, resource: before.document.from, type }, shadows));
    this.#rewritten.push(...past.map((version) => erasedVersion(version, type)));
  }

  result(from: Checkpoint, to: Checkpoint): Omit<ViewBatch, "tallies" | "ledgers" | "heads"> {
    return {
      from,
      to,
      resources: [...this.#touched].map(([text, { document }]) => ({ document, stored: this.#stored.has(text) })),
      index: this.#index,
      versions: this.#versions,
      rewritten: this.#rewritten,
      forgotten: this.#forgotten,
      grants: this.#grants,
      activity: this.#activity,
      ticks: this.#ticks,
      definitions: this.#definitions.result(),
      pending: this.#changes.result(),
    };
  }
}

const lengthOf = ({ body, side, shadow }: Pick<ViewDocument, "body" | "side" | "shadow">): number =>
  body.length + side.length + shadow.length;
