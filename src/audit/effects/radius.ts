// Effects of events on whoever they touched, batch by batch: what the read models say of an event is not read from the log.
import type { Position } from "../../eventlog/event-log.ts";
import { type Activity, type Member, mayGoOn } from "../../readstore/read-store.ts";
import { ahead } from "../answers/ahead.ts";
import type { Placed } from "../answers/page.ts";
import type { Stretch } from "../answers/window.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import type { BlastRow } from "./blast-row.ts";
import { remembering } from "./clients.ts";
import { type Effect, effectsIn, effectsOf, ofMember } from "./effects.ts";
import { evidenceIn } from "./evidence.ts";
import { activityIn, happened, withoutPersonal } from "./happened.ts";
import { type Standing, standingOf } from "./in-force.ts";

/** Whose events; together where both are given. */
export interface By {
  readonly actor?: string | undefined;
  readonly request?: string | undefined;
  /** Rows that are asked for; absent: all. */
  readonly limit?: number | undefined;
}

/** A row of the blast radius, and where a cursor goes on after it. */
export interface PlacedEffect extends Placed {
  readonly row: BlastRow;
}

/** One effect of an event, by its number among those of the event. */
interface Item {
  readonly activity: Activity;
  readonly effect: Effect;
  readonly index: number;
}

interface Batch {
  readonly items: readonly Item[];
  readonly looked: Promise<Standing>;
}

/** Batches whose effects are being looked up while one is written down; a page is seldom longer than one. */
const AHEAD = 2;
/** Members of a group that was deleted, and effects that are looked up together beside those of few events. */
const AT_ONCE = 1_000;

export class Radius {
  readonly #sources: Sources;
  readonly #tenant: string;
  readonly #through: Position;

  constructor(sources: Sources, tenant: string, through: Position) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#through = through;
  }

  /** From the first effect, or after one of an event. */
  async *rows(stretch: Stretch, by: By, passed?: readonly [Position, number]): AsyncGenerator<readonly PlacedEffect[]> {
    const after = passed === undefined ? stretch.after : preceding(passed[0]);
    const clientOf = remembering(this.#sources.clientOf);
    const batches = this.#batches({ ...stretch, after }, by);
    for await (const { items, looked } of ahead(batches, by.limit === undefined ? AHEAD : 0)) {
      const standing = await looked;
      const rows: PlacedEffect[] = [];
      let told: (Pick<Item, "activity"> & { readonly evidence: BlastRow["evidence"] }) | undefined;
      for (const { activity, effect, index } of items) {
        const { position } = activity;
        if (passed !== undefined && position === passed[0] && index <= passed[1]) continue;
        if (told?.activity !== activity) told = { activity, evidence: await evidenceIn(activity, clientOf) };
        rows.push({ row: rowOf(effect, activity, standing, told.evidence), place: [position, String(index)] });
      }
      yield rows;
    }
  }

  /** What the effects of a batch rest on is still being looked up while the next one is read. */
  async *#batches(stretch: Stretch, { actor, request }: By): AsyncGenerator<Batch> {
    const asked = { tenant: this.#tenant, after: stretch.after, through: this.#through };
    for await (const activities of activityIn(this.#sources, this.#tenant, { ...stretch, actor, request }))
      for await (const items of this.#itemsOf(activities)) {
        const effects = items.map(({ effect }) => effect);
        const looked = standingOf(this.#sources, asked, effects);
        // Whoever stops halfway does not meet its failure.
        looked.catch(() => {});
        yield { items, looked };
      }
  }

  async *#itemsOf(activities: readonly Activity[]): AsyncGenerator<readonly Item[]> {
    const effects = await this.#effectsOf(activities);
    let items: Item[] = [];
    for (const activity of activities) {
      let index = 0;
      for (const effect of effects.get(activity.position)!) items.push({ activity, effect, index: index++ });
      if (activity.eventType !== "GroupDeleted") continue;
      for await (const members of this.#membersBefore(activity)) {
        for (const effect of members) items.push({ activity, effect, index: index++ });
        if (items.length < AT_ONCE) continue;
        yield items;
        items = [];
      }
    }
    yield items;
  }

  /** What the members of a group lose by its deletion, of which no other event tells. */
  async *#membersBefore({ resourceId: group, position }: Activity): AsyncGenerator<readonly Effect[]> {
    for (let after: string | null = null; ; ) {
      const page: readonly Member[] = await this.#sources.store.members(
        this.#tenant,
        group,
        after,
        AT_ONCE,
        preceding(position),
      );
      yield page.map(({ value }) => ofMember(value, group, "lost"));
      if (!mayGoOn(page, AT_ONCE)) return;
      after = page.at(-1)!.value;
    }
  }

  async #effectsOf(activities: readonly Activity[]): Promise<ReadonlyMap<Position, readonly Effect[]>> {
    const effects = new Map<Position, readonly Effect[]>();
    const unknown: Activity[] = [];
    for (const activity of activities) {
      const known = effectsIn(activity);
      if (known === undefined) unknown.push(activity);
      else effects.set(activity.position, known);
    }
    for (const { activity, effects: events } of await happened(withoutPersonal(this.#sources), unknown))
      effects.set(
        activity.position,
        events.flatMap((event) => effectsOf(event, activity)),
      );
    return effects;
  }
}

function rowOf(effect: Effect, activity: Activity, standing: Standing, evidence: BlastRow["evidence"]): BlastRow {
  const { position, resourceType } = activity;
  const life = standing.life(effect.subject);
  const type = effect.kind === "group" ? (life?.type ?? "User") : resourceType;
  return {
    subject: { type, id: effect.subject, display: life?.display ?? null },
    effect: effect.effect,
    kind: effect.kind,
    target: effect.target,
    paths: [...effect.paths],
    ...standing.of(effect, position),
    evidence,
  };
}
