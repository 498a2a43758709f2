// Everything that happened to a resource, event by event: what changed before → after, memberships gained and lost,
// by which credential and request.
import { z } from "zod";
import { type Position, START } from "../../eventlog/event-log.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { isWithin, pathOf } from "../answers/attribute.ts";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level, positionAt } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id, instant, limit } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { describeSubject, type Subject, subjectOf, typeOf } from "../answers/subject.ts";
import { Teller } from "../effects/teller.ts";
import { timelineRow } from "../effects/timeline-row.ts";
import { Holdings } from "../holdings/holdings.ts";
import { following, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const PAGE = 100;

export const timeline = question(
  "timeline",
  {
    number: [24],
    asks: "What happened to a user or group: when, what changed from what to what, by which credential and request?",
    route: "/:type/:id/timeline",
    parameters: z.strictObject({
      type: z.string(),
      id,
      from: instant.optional(),
      to: instant.optional(),
      order: z.enum(["ascending", "descending"]).default("ascending"),
      /** Only events that changed this attribute: who wrote it, one after the other. */
      attribute: z.string().optional(),
      cursor: z.string().optional(),
      limit: limit.default(PAGE),
    }),
    row: timelineRow,
    golden: "an element of a multi-valued attribute keeps its own history; an erased value reads as [erased]",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, { cursor: given.cursor }, 1);
    const subject = await subjectOf(sources, tenant, given.type, given.id);
    const { from, to, order } = given;
    const after = from === undefined ? START : await positionAt(sources, position, from - 1);
    const until = await positionAt(sources, position, to === undefined ? undefined : to - 1);
    const passed = cursor?.parts[0];
    if (passed !== undefined && !isPosition(passed)) throw foreignCursor();
    const range = { after, before: following(until), ...rest(order, passed) };
    const holdings = new Holdings(sources.store, tenant, position);
    const attribute = given.attribute === undefined ? undefined : pathOf(typeOf(sources, subject), given.attribute);
    const walk = new Walk(sources, subject, holdings, order, attribute);
    return {
      window: { from, to },
      position,
      through,
      subject: await describeSubject(sources, subject, position),
      content: pageOf(walk.rows(range), position, given.limit),
    };
  },
);

type Order = "ascending" | "descending";

/** What is left after a page that ended at `passed`. */
const rest = (order: Order, passed: Position | undefined): Partial<Range> =>
  passed === undefined ? {} : order === "ascending" ? { after: passed } : { before: passed };

/** Positions between two others, exclusive. */
interface Range {
  readonly after: Position;
  readonly before: Position;
}

const EVENTS_AT_ONCE = 200;

class Walk {
  readonly #sources: Sources;
  readonly #subject: Subject;
  readonly #holdings: Holdings;
  readonly #order: Order;
  readonly #path: string | undefined;

  constructor(sources: Sources, subject: Subject, holdings: Holdings, order: Order, path: string | undefined) {
    this.#sources = sources;
    this.#subject = subject;
    this.#holdings = holdings;
    this.#order = order;
    this.#path = path;
  }

  async *rows(range: Range): AsyncGenerator<Placed> {
    const memberships = await this.#holdings.groupsOf(this.#subject.id);
    const teller = new Teller(this.#sources, this.#subject, memberships);
    const ends = await this.#endsElsewhere(range);
    for (let left = range; ; ) {
      const events = await this.#next(left);
      const last = events.length < EVENTS_AT_ONCE ? undefined : events.at(-1)!.position;
      const here = this.#inOrder([...events, ...ends.filter(({ position }) => this.#isWithin(position, left, last))]);
      const told = await teller.rows(here.filter(({ paths }) => this.#isAsked(paths)));
      for (const row of told) yield { place: [row.position], row };
      if (last === undefined) return;
      left = { ...left, ...rest(this.#order, last) };
    }
  }

  #next({ after, before }: Range): Promise<readonly Activity[]> | readonly Activity[] {
    const { store } = this.#sources;
    const { tenant, id } = this.#subject;
    return this.#order === "ascending"
      ? store.activityOf(tenant, id, after, EVENTS_AT_ONCE, preceding(before))
      : store.activityBefore(tenant, id, before, EVENTS_AT_ONCE, after);
  }

  /** A membership also ends with the group: an event of the group's stream alone. */
  async #endsElsewhere({ after, before }: Range): Promise<readonly Activity[]> {
    const memberships = await this.#holdings.groupsOf(this.#subject.id);
    const ends = memberships.flatMap(({ to, cause }) => (cause === "groupDeleted" && to !== null ? [to] : []));
    const places = [...new Set(ends)].filter((to) => to > after && to < before && to !== this.#subject.to);
    return places.length === 0 ? [] : this.#sources.store.activityAt(places);
  }

  #isWithin(position: Position, { after, before }: Range, last: Position | undefined): boolean {
    if (position <= after || position >= before) return false;
    return last === undefined || (this.#order === "ascending" ? position <= last : position >= last);
  }

  #inOrder(events: readonly Activity[]): readonly Activity[] {
    const distinct = [...new Map(events.map((event) => [event.position, event])).values()];
    const sign = this.#order === "ascending" ? 1 : -1;
    return distinct.sort((a, b) => (a.position < b.position ? -sign : sign));
  }

  #isAsked(paths: readonly string[]): boolean {
    const asked = this.#path;
    return asked === undefined || paths.some((path) => isWithin(path, asked));
  }
}
