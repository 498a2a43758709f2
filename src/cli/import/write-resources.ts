// Users or groups, without what refers to others: each is found at the target, created, changed, or left as it is.

import { type JsonObject, own } from "../../scim/json.ts";
import { sameValue } from "../../scim/resource/element.ts";
import { concurrently } from "../pull/concurrently.ts";
import type { Outcome, Row } from "../pull/snapshot.ts";
import { transaction } from "../pull/work-file.ts";
import type { Kind } from "../scim-client/discovery.ts";
import { OutcomeUnknown, Refused } from "../scim-client/errors.ts";
import { firstTry } from "../scim-client/retry.ts";
import { difference } from "./core/difference.ts";
import { NAMES } from "./core/match.ts";
import { type Projected, project } from "./core/project.ts";
import { Finder, type Found } from "./finder.ts";
import { refuseWhenStopped, type WriteContext } from "./write-context.ts";

/** Looked up with one request. A group may be large in memory. */
const AT_ONCE: Readonly<Record<Kind, number>> = { User: 20, Group: 5 };

/** Throws Stopped, ServerUnusable; what fails with one resource is its outcome. */
export async function writeResources(kind: Kind, context: WriteContext): Promise<void> {
  const { snapshot } = context;
  const writer = new ResourceWriter(kind, context);
  await writer.round("to do", false);
  // Each one that gives up a name lets the next one have it.
  for (let waiting = snapshot.deferred(kind); waiting > 0; ) {
    await writer.round("deferred", false);
    const still = snapshot.deferred(kind);
    if (still === waiting) break;
    waiting = still;
  }
  await writer.round("deferred", true);
}

class ResourceWriter {
  readonly #kind: Kind;
  readonly #context: WriteContext;
  readonly #finder: Finder;
  /** Nobody can be put off any more. */
  #isLast = false;

  constructor(kind: Kind, context: WriteContext) {
    this.#kind = kind;
    this.#context = context;
    this.#finder = new Finder(kind, context);
  }

  async round(round: "to do" | "deferred", isLast: boolean): Promise<void> {
    const { snapshot, concurrency, onProgress } = this.#context;
    this.#isLast = isLast;
    const all = snapshot.count(this.#kind);
    let done = settledOf(snapshot.counts(this.#kind));
    for (let after = 0; ; ) {
      refuseWhenStopped(this.#context);
      const rows = snapshot.rows(this.#kind, round, after, AT_ONCE[this.#kind]);
      if (rows.length === 0) return;
      after = rows.at(-1)!.ordinal;
      const works = await this.#plan(rows);
      await concurrently(works, concurrency, async (work) => {
        refuseWhenStopped(this.#context);
        await work();
        done += 1;
        onProgress(`Writing ${this.#kind.toLowerCase()}s`, Math.min(done, all), all);
      });
    }
  }

  /** Decided one after the other, so that no two of the source become one at the target. */
  async #plan(rows: readonly Row[]): Promise<readonly (() => Promise<void>)[]> {
    const lookup = await this.#finder.lookUp(rows);
    const works = rows.map((row) => {
      const candidates = lookup.get(row.ordinal);
      if (candidates instanceof Refused) return async () => this.#settle(row, "failed", candidates.message);
      const found = this.#finder.decide(row, candidates ?? [], this.#isLast);
      return () => this.#guarded(row, () => this.#write(row, found));
    });
    return sequenceOfEqualNames(rows, works);
  }

  async #guarded(row: Row, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#settle(row, "failed", error.message);
    }
  }

  async #write(row: Row, found: Found): Promise<void> {
    if (found.is === "later") return this.#context.snapshot.defer(row.ordinal);
    if (found.is === "conflict") return this.#settle(row, "skipped", found.reason);
    const projected = project(this.#context.target.types[this.#kind], row.body);
    if (row.name === undefined) return this.#settle(row, "failed", `it has no ${NAMES[this.#kind]}`);
    if (found.is === "known") return this.#change(row, found, projected);
    return this.#create(row, projected);
  }

  /** A lost answer or a 409 is followed by a look at the target, never by the same creation. */
  async #create(row: Row, projected: Projected): Promise<void> {
    const { target } = this.#context;
    const tries = firstTry(target.now());
    for (;;) {
      const failure = await this.#created(row, projected);
      if (failure === undefined) return;
      const isLost = failure instanceof OutcomeUnknown;
      if (isLost) await target.backOff(tries, failure);
      const candidates = (await this.#finder.lookUp([row])).get(row.ordinal);
      if (candidates instanceof Refused) throw candidates;
      const found = this.#finder.decide(row, candidates ?? [], this.#isLast);
      if (found.is === "later") return this.#context.snapshot.defer(row.ordinal);
      if (found.is === "known") return this.#change(row, found, projected, isLost);
      if (found.is === "conflict") return this.#settle(row, "skipped", found.reason);
      if (!isLost) throw failure;
    }
  }

  /** Why nobody knows whether it is there, or the 409 that says that somebody is; undefined once it is created. */
  async #created(row: Row, projected: Projected): Promise<OutcomeUnknown | Refused | undefined> {
    const { target } = this.#context;
    try {
      const id = await target.create(this.#kind, projected.attributes);
      this.#settle(row, "created", undefined, projected, id);
      return undefined;
    } catch (error) {
      if (error instanceof OutcomeUnknown || (error instanceof Refused && error.status === 409)) return error;
      throw error;
    }
  }

  /** `isOurs`: it is there because of a creation whose answer was lost, unless it differs. */
  async #change(
    row: Row,
    { id, current, returned }: Extract<Found, { is: "known" }>,
    projected: Projected,
    isOurs = false,
  ): Promise<void> {
    const { target, exact } = this.#context;
    const type = target.types[this.#kind];
    const before = project(type, current).attributes;
    const wanted = returned ? { active: true, ...projected.attributes } : projected.attributes;
    const { operations, immutable } = difference(type, wanted, before, { exact });
    const seen = { ...projected, dropped: [...projected.dropped, ...immutable] };
    if (operations.length === 0) return this.#settle(row, isOurs ? "created" : "matched", undefined, seen, id);
    try {
      const answer = await target.change(this.#kind, id, operations);
      const isSame =
        answer?.body === undefined
          ? answer?.etag !== null && answer?.etag !== undefined && answer.etag === versionOf(current)
          : sameValue(project(type, answer.body).attributes, before);
      this.#settle(row, isSame ? "matched" : "changed", undefined, seen, id);
    } catch (error) {
      // The name may be free once the others are written.
      if (!(error instanceof Refused) || error.status !== 409 || this.#isLast) throw error;
      this.#context.snapshot.defer(row.ordinal);
    }
  }

  #settle(row: Row, outcome: Outcome, reason: string | undefined, projected?: Projected, targetId?: string): void {
    const { database, snapshot, links, notes, exact } = this.#context;
    const mayLose = exact && outcome !== "created";
    const refers = this.#kind === "Group" || mayLose || (projected?.references.length ?? 0) > 0;
    transaction(database, () => {
      if (targetId !== undefined) {
        links.link(this.#kind, row.sourceId, targetId);
        links.markPresent(this.#kind, targetId);
      }
      snapshot.settle(row.ordinal, outcome, reason, targetId !== undefined && refers);
      for (const sentence of projected?.dropped ?? []) notes.add("attribute", sentence);
    });
  }
}

/** Two groups of one name are created one after the other: a lost answer could not tell which of them is there. */
function sequenceOfEqualNames(rows: readonly Row[], works: readonly (() => Promise<void>)[]) {
  const byName = new Map<string, (() => Promise<void>)[]>();
  for (const [index, { name, ordinal }] of rows.entries()) {
    const key = name ?? `\u0000${ordinal}`;
    byName.set(key, [...(byName.get(key) ?? []), works[index]!]);
  }
  return [...byName.values()].map((same) => async () => {
    for (const work of same) await work();
  });
}

const versionOf = (resource: JsonObject): unknown => {
  const meta = own(resource, "meta");
  return typeof meta === "object" && meta !== null && !Array.isArray(meta) ? own(meta, "version") : undefined;
};

const settledOf = (counts: Readonly<Partial<Record<Outcome, number>>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
