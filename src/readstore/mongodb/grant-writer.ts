// What a batch makes of access intervals: opening an open one and ending one that is not open do nothing, and one that ends
// where it began leaves no row.
import type { ClientSession, Filter } from "mongodb";
import type { GrantChange, ViewBatch } from "../view-writer.ts";
import { Ahead, type Left, type Touched } from "./ahead.ts";
import type { Views } from "./collections.ts";
import { type HoldDocument, type Holding, type MemberDocument, OPEN, type ResourceDocument } from "./documents.ts";
import { heldAfter, NOWHERE } from "./held.ts";
import { AT_ONCE, inPortions } from "./portions.ts";
import type { WriteSet } from "./write-set.ts";

/** A resource as intervals know it. */
export interface Subject {
  readonly rid: number;
  readonly isGroup: boolean;
  /** Before the batch. */
  readonly holding: Holding;
  /** Created by this batch: nothing of it is stored. */
  readonly fresh: boolean;
}

/** Interval rows in the course of a batch. */
class Intervals<Row extends MemberDocument | HoldDocument> {
  readonly #open: Map<string, Row>;
  readonly #keys = new Set<string>();
  readonly #touched = new Map<string, { readonly row: Row; readonly stored: boolean }>();
  readonly #stored: ReadonlySet<string>;

  /** What is open before the batch, by what tells intervals apart. */
  constructor(open: Map<string, Row>) {
    this.#open = open;
    this.#stored = new Set([...open.values()].map(({ _id }) => _id));
  }

  /** Whether it was not open yet. */
  begin(key: string, row: Row): boolean {
    if (this.#open.has(key)) return false;
    this.#keys.add(key);
    this.#open.set(key, row);
    this.#touched.set(row._id, { row, stored: false });
    return true;
  }

  /** Whether it was open. */
  end(key: string, to: number, cause: NonNullable<GrantChange["cause"]>): boolean {
    const row = this.#open.get(key);
    if (row === undefined) return false;
    this.#keys.add(key);
    this.#open.delete(key);
    if (row.since === to) this.#touched.delete(row._id);
    else this.#touched.set(row._id, { row: { ...row, to, cause }, stored: this.#stored.has(row._id) });
    return true;
  }

  /** Returns what it leaves. */
  write(name: "members" | "holds", writes: WriteSet): Touched<Row> {
    for (const { row, stored } of this.#touched.values())
      if (stored) writes.update(name, row._id, { to: row.to, cause: row.cause }, { to: OPEN });
      else writes.insert(name, row as never);
    return new Map([...this.#keys].map((key) => [key, this.#open.get(key)]));
  }
}

const subjectOf = ({
  _id,
  type,
  groups,
  held,
}: Pick<ResourceDocument, "_id" | "type" | "groups" | "held">): Subject => ({
  rid: _id,
  isGroup: type === "Group",
  holding: { groups, held },
  fresh: false,
});
const nameOf = (tenant: string, id: string): string => `${tenant}/${id}`;
const pairOf = (grp: number, member: number): string => `${grp}-${member}`;
const heldOf = (rid: number, { kind, element = "", target }: Pick<GrantChange, "kind" | "element" | "target">) =>
  `${rid}-${kind}-${element}-${target}`;

/** What a batch's intervals come to. */
type Intervened = Omit<Left, "resources">;

export class GrantWriter {
  readonly #views: Views;
  /** For reading alone. */
  readonly #session: ClientSession;
  /** Of the batch before, for the time of one `write`. */
  #ahead: Ahead = Ahead.nothing;

  constructor(views: Views, session: ClientSession) {
    this.#views = views;
    this.#session = session;
  }

  /** Writes the batch's intervals, on top of what is stored and on its way. */
  async write(
    batch: ViewBatch,
    { stored, ahead }: { readonly stored: ReadonlyMap<number, ResourceDocument>; readonly ahead: Ahead },
    writes: WriteSet,
  ): Promise<Intervened> {
    if (batch.grants.length === 0) return { holdings: new Map(), members: new Map(), holds: new Map() };
    this.#ahead = ahead;
    const subjects = await this.#subjects(batch, stored);
    const find = ({ tenant }: GrantChange, id: string) => subjects.get(nameOf(tenant, id));
    const memberships = batch.grants.filter(({ kind }) => kind === "group");
    const held = batch.grants.filter(({ kind }) => kind !== "group");
    const ofMembers = await this.#writeMembers(memberships, find, writes);
    return { ...ofMembers, holds: await this.#writeHolds(held, find, writes) };
  }

  async #writeMembers(changes: readonly GrantChange[], find: Find, writes: WriteSet) {
    const holdings = new Map<number, Holding>();
    const known = changes.flatMap((change) => {
      const [group, member] = [find(change, change.target), find(change, change.subject)];
      // What no event created cannot be seen by any reader.
      return group === undefined || member === undefined ? [] : [{ change, group, member }];
    });
    const rows = new Intervals(await this.#openMembers(known));
    for (const { change, group, member } of known) {
      const { tenant, open, place, cause = "removed" } = change;
      const [grp, rid] = [group.rid, member.rid];
      const key = pairOf(grp, rid);
      const fresh = { tenant, grp, member: rid, nested: member.isGroup, since: place, to: OPEN, cause: null };
      const moved = open
        ? rows.begin(key, { _id: `${key}-${place}`, ...fresh } as MemberDocument)
        : rows.end(key, place, cause);
      if (moved) holdings.set(rid, heldAfter(holdings.get(rid) ?? member.holding, change));
    }
    return { holdings, members: rows.write("members", writes) };
  }

  async #writeHolds(changes: readonly GrantChange[], find: Find, writes: WriteSet): Promise<Touched<HoldDocument>> {
    const known = changes.flatMap((change) => {
      const subject = find(change, change.subject);
      return subject === undefined ? [] : [{ change, subject }];
    });
    const rows = new Intervals(await this.#openHolds(known.map(({ subject }) => subject)));
    for (const { change, subject } of known) {
      const { tenant, open, place, target, element = "", cause = "revoked" } = change;
      const kind = change.kind as HoldDocument["kind"];
      const key = heldOf(subject.rid, change);
      const _id = `${subject.rid}-${kind}-${place}-${element}-${target}`;
      const fresh = { _id, tenant, rid: subject.rid, kind, target, element, since: place, to: OPEN, cause: null };
      if (open) rows.begin(key, fresh as HoldDocument);
      else rows.end(key, place, cause);
    }
    return rows.write("holds", writes);
  }

  /** Subjects and groups of the changes that there are, by tenant and id. */
  async #subjects(batch: ViewBatch, stored: ReadonlyMap<number, ResourceDocument>): Promise<Map<string, Subject>> {
    const subjects = new Map<string, Subject>();
    for (const { document, stored: wasStored } of batch.resources) {
      const { tenant, id, from: rid, type } = document;
      const holding = stored.get(rid) ?? NOWHERE;
      subjects.set(nameOf(tenant, id), { rid, isGroup: type === "Group", holding, fresh: !wasStored });
    }
    const missing = new Map<string, Set<string>>();
    for (const { tenant, kind, subject, target } of batch.grants)
      for (const id of kind === "group" ? [subject, target] : [subject]) {
        if (subjects.has(nameOf(tenant, id))) continue;
        const known = this.#ahead.named(tenant, id);
        if (known !== undefined) {
          subjects.set(nameOf(tenant, id), subjectOf(known));
          continue;
        }
        const ids = missing.get(tenant);
        if (ids === undefined) missing.set(tenant, new Set([id]));
        else ids.add(id);
      }
    for (const [tenant, ids] of missing)
      for (const some of inPortions([...ids])) {
        const projection = { id: 1, type: 1, groups: 1, held: 1 };
        const found = this.#views.resources.find(
          { tenant, id: { $in: some } },
          { session: this.#session, projection, ...AT_ONCE },
        );
        for await (const one of found) subjects.set(nameOf(tenant, one.id), subjectOf(this.#ahead.withHolding(one)));
      }
    return subjects;
  }

  async #openMembers(
    pairs: readonly { readonly group: Subject; readonly member: Subject }[],
  ): Promise<Map<string, MemberDocument>> {
    const old = pairs.filter(({ group, member }) => !group.fresh && !member.fresh);
    const groups = [...new Set(old.map(({ group }) => group.rid))];
    const wanted = new Set(old.map(({ group, member }) => pairOf(group.rid, member.rid)));
    const open = new Map<string, MemberDocument>();
    for (const members of inPortions([...new Set(old.map(({ member }) => member.rid))])) {
      const filter: Filter<MemberDocument> = { member: { $in: members }, to: OPEN, grp: { $in: groups } };
      for await (const row of this.#views.members.find(filter, { session: this.#session, ...AT_ONCE })) {
        const key = pairOf(row.grp, row.member);
        if (wanted.has(key)) open.set(key, row);
      }
    }
    this.#ahead.correctMembers(open, wanted);
    return open;
  }

  async #openHolds(subjects: readonly Subject[]): Promise<Map<string, HoldDocument>> {
    const rids = [...new Set(subjects.filter(({ fresh }) => !fresh).map(({ rid }) => rid))];
    const open = new Map<string, HoldDocument>();
    for (const some of inPortions(rids)) {
      const found = this.#views.holds.find({ rid: { $in: some }, to: OPEN }, { session: this.#session, ...AT_ONCE });
      for await (const row of found) open.set(heldOf(row.rid, row), row);
    }
    this.#ahead.correctHolds(open, new Set(rids.map(String)));
    return open;
  }
}

type Find = (change: GrantChange, id: string) => Subject | undefined;
