// Terms of a filter that other documents decide, for a slice of resources at a time: the numbers of those they are true of.
import type { Document } from "mongodb";
import { matchesShadow } from "../../../scim/filter/evaluate.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import type { MemberDocument, ResourceDocument } from "../documents.ts";
import { inSlices, stands } from "../reading/past.ts";
import { endsOf, rowsOf } from "../writing/membership-ends.ts";
import type { Candidate } from "./candidate.ts";
import { changesOf, metaOf } from "./last-changes.ts";
import { managerIds } from "./manager-ids.ts";
import { type Asker, othersAmong } from "./others.ts";
import type { Apart } from "./resource-condition.ts";

type Membership = Extract<Apart, { on: "groups" | "members" }>;

/** So many others at most are looked for first; more are looked at one by one, for each slice those of its memberships. */
const FEW = 1_000;

export class SemiJoins {
  readonly #asker: Asker;
  /** By term: the others it is true of, where they are few. */
  readonly #few = new Map<Apart, Promise<readonly number[] | undefined>>();

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** The numbers of those candidates that a term is true of. */
  async among(term: Apart, candidates: readonly Candidate[]): Promise<readonly number[]> {
    switch (term.on) {
      case "resource":
        return this.#queried(term.query, candidates);
      case "change":
        return this.#changed(term.filter, candidates);
      case "manager":
        return this.#managed(term.filter, candidates);
      case "groups":
      case "members":
        return this.#joined(term, candidates);
      default:
        return term satisfies never;
    }
  }

  /** The others that a term on memberships is true of, if they are few. */
  fewOf(term: Membership): Promise<readonly number[] | undefined> {
    let few = this.#few.get(term);
    if (few === undefined) {
      few = this.#findFew(term);
      this.#few.set(term, few);
    }
    return few;
  }

  async #findFew({ on, element, id }: Membership): Promise<readonly number[] | undefined> {
    if (id === undefined && element === true) return undefined;
    const types = on === "groups" ? ["Group"] : ["User", "Group"];
    const among = { type: { $in: types }, ...(id === undefined ? {} : { id }) };
    const { place } = this.#asker;
    // In the past, those that read otherwise since are all looked at: there may be many.
    if (place !== undefined && id === undefined && on === "members") return undefined;
    const found = await othersAmong(
      this.#asker,
      { on, filter: element },
      among,
      place === undefined ? FEW + 1 : undefined,
    );
    return found.size > FEW ? undefined : [...found.keys()];
  }

  async #queried(query: object, candidates: readonly Candidate[]): Promise<readonly number[]> {
    const { reading } = this.#asker;
    const found = await inSlices(
      candidates.map(({ _id }) => _id),
      (slice) =>
        reading.all<ResourceDocument>(
          reading.views.resources,
          { $and: [{ _id: { $in: slice } }, query] },
          { projection: { _id: 1 } },
        ),
    );
    return found.map(({ _id }) => _id);
  }

  async #changed(filter: Filter, candidates: readonly Candidate[]): Promise<readonly number[]> {
    const changes = await changesOf(this.#asker, candidates);
    return candidates.flatMap(({ _id }) => {
      const change = changes.get(_id);
      return change !== undefined && matchesShadow(filter, { meta: metaOf(change) }) ? [_id] : [];
    });
  }

  async #managed(filter: Filter, candidates: readonly Candidate[]): Promise<readonly number[]> {
    const managers = await managerIds(this.#asker, candidates);
    const named = new Set(
      await inSlices([...new Set(managers.values())], async (ids) => [
        ...(await othersAmong(this.#asker, { on: "manager", filter }, { id: { $in: ids } })).values(),
      ]),
    );
    return [...managers].flatMap(([rid, id]) => (named.has(id) ? [rid] : []));
  }

  async #joined(term: Membership, candidates: readonly Candidate[]): Promise<readonly number[]> {
    const few = await this.fewOf(term);
    const rids = candidates.map(({ _id }) => _id);
    if (few !== undefined) return this.mineOf(term, few, rids);
    return this.#oneByOne(term, rids);
  }

  /** Looks at the others of each membership, each of them once. */
  async #oneByOne({ on, element }: Membership, rids: readonly number[]): Promise<readonly number[]> {
    const { mine, other } = endsOf(on);
    const found = new Set<number>();
    const known = new Map<number, boolean>();
    for await (const rows of rowsOf(this.#asker, on, rids)) {
      const left = rows.filter((row) => !found.has(row[mine]));
      const unknown = [...new Set(left.map((row) => row[other]))].filter((rid) => !known.has(rid));
      const wanted = await inSlices(unknown, async (slice) => [
        ...(await othersAmong(this.#asker, { on, filter: element }, { _id: { $in: slice } })).keys(),
      ]);
      for (const rid of unknown) known.set(rid, false);
      for (const rid of wanted) known.set(rid, true);
      for (const row of left) if (known.get(row[other]) === true) found.add(row[mine]);
    }
    return [...found];
  }

  /** Whose memberships have these others at their other end; of some resources alone, where they are given. */
  async mineOf({ on }: Membership, others: readonly number[], among?: readonly number[]): Promise<readonly number[]> {
    const { reading, place } = this.#asker;
    if (others.length === 0) return [];
    const { mine, other } = endsOf(on);
    const fields = { projection: { _id: 0, [mine]: 1 } };
    const rowsOf = (which: Document) =>
      reading.all<MemberDocument>(reading.views.members, { ...which, ...stands(place) }, fields);
    const rows =
      among === undefined
        ? await inSlices(others, (slice) => rowsOf({ [other]: { $in: slice } }))
        : await inSlices(among, (slice) => rowsOf({ [other]: { $in: others }, [mine]: { $in: slice } }));
    return [...new Set(rows.map((row) => row[mine]))];
  }
}
