// Terms of a filter that other documents decide, for a slice of resources at a time: the numbers of those they are true of.
import type { Document } from "mongodb";
import { matchesShadow } from "../../scim/filter/evaluate.ts";
import type { Filter } from "../../scim/filter/filter.ts";
import { MANAGER_ID } from "../manager.ts";
import type { MemberDocument, ResourceDocument, StoredShadow } from "./documents.ts";
import { SHADOW } from "./filter-query.ts";
import { type Asker, othersAmong } from "./others.ts";
import { changesBefore, inSlices, pastReadings, stands } from "./past.ts";
import type { Apart } from "./resource-condition.ts";
import { storedName } from "./shadow-names.ts";

/** A resource that is looked at, as its document says. */
export interface Candidate {
  readonly _id: number;
  readonly since: number;
  readonly place: number;
}

type Membership = Extract<Apart, { on: "groups" | "members" }>;

/** So many others at most are looked for first; more are looked at one by one, for each slice those of its memberships. */
const FEW = 1_000;
/** Rows of memberships that are held at once. */
const ROWS = 5_000;

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

/** Fields of a row of `members`: the end that has the attribute, and the one that its elements name. */
export const endsOf = (
  on: "groups" | "members",
): { readonly mine: "grp" | "member"; readonly other: "grp" | "member" } =>
  on === "groups" ? { mine: "member", other: "grp" } : { mine: "grp", other: "member" };

/** The memberships of some resources, in bounded portions. */
export async function* rowsOf(
  { reading, place }: Asker,
  on: "groups" | "members",
  rids: readonly number[],
): AsyncGenerator<readonly Pick<MemberDocument, "grp" | "member">[]> {
  const { mine, other } = endsOf(on);
  const portions = reading.portions<MemberDocument>(
    reading.views.members,
    { [mine]: { $in: rids }, ...stands(place) },
    { projection: { _id: 0, [mine]: 1, [other]: 1 } },
    ROWS,
  );
  yield* portions;
}

/** Version and time of the last change, of candidates as of the asker's place. */
export async function changesOf(
  { reading, place }: Asker,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, { readonly revision: number; readonly at: number }>> {
  const moved = candidates.flatMap((one) => (place !== undefined && one.place > place ? [one._id] : []));
  const moves = new Set(moved);
  const found = new Map(place === undefined ? [] : await changesBefore(reading, moved, place));
  const others = candidates.flatMap(({ _id }) => (moves.has(_id) ? [] : [_id]));
  for (const { _id, version, modifiedAt } of await inSlices(others, (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { _id: { $in: slice } },
      { projection: { version: 1, modifiedAt: 1 } },
    ),
  ))
    found.set(_id, { revision: version, at: modifiedAt });
  return found;
}

/** `meta` as it is compared. */
export const metaOf = ({ revision, at }: { readonly revision: number; readonly at: number }) => ({
  version: `W/"${revision}"`,
  lastModified: at,
});

const MANAGER_FIELD = `${SHADOW}${MANAGER_ID.map(storedName).join(".")}` as const;

/** The ids of managers by the numbers of those who have one. */
export async function managerIds(
  { reading, place }: Asker,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, string>> {
  const isLate = ({ since }: Candidate): boolean => place !== undefined && since > place;
  const early = candidates.flatMap((one) => (isLate(one) ? [] : [one._id]));
  const now = await inSlices(early, (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { _id: { $in: slice }, [MANAGER_FIELD]: { $exists: true } },
      { projection: { [MANAGER_FIELD]: 1 } },
    ),
  );
  const found = new Map(now.flatMap(({ _id, ix }) => managerIn(_id, ix)));
  if (place === undefined) return found;
  const late = candidates.filter(isLate).map(({ _id }) => _id);
  for (const { rid, ix } of (await pastReadings(reading, late, place, [
    MANAGER_FIELD as `ix.${string}`,
  ])) as unknown as { rid: number; ix?: StoredShadow }[])
    for (const [, id] of managerIn(rid, ix)) found.set(rid, id);
  return found;
}

function managerIn(rid: number, ix: StoredShadow | undefined): readonly (readonly [number, string])[] {
  const id = MANAGER_ID.reduce<unknown>(
    (held, name) => (held as Record<string, unknown> | undefined)?.[storedName(name)],
    ix,
  );
  return typeof id === "string" ? [[rid, id]] : [];
}
