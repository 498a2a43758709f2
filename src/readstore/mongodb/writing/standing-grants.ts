// What is stored of the resources and intervals that a batch's changes of access name, with what is on its way.
import type { ClientSession, Filter } from "mongodb";
import type { GrantChange, ViewBatch } from "../../view-writer.ts";
import type { Views } from "../collections.ts";
import { type HoldDocument, type Holding, type MemberDocument, OPEN, type ResourceDocument } from "../documents.ts";
import { AT_ONCE, inPortions } from "../lists/portions.ts";
import { NOWHERE } from "../reading/held.ts";
import type { Ahead } from "./ahead.ts";

/** A resource as intervals know it. */
export interface Subject {
  readonly rid: number;
  readonly isGroup: boolean;
  /** Before the batch. */
  readonly holding: Holding;
  /** Created by this batch: nothing of it is stored. */
  readonly fresh: boolean;
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
export const nameOf = (tenant: string, id: string): string => `${tenant}/${id}`;
export const pairOf = (grp: number, member: number): string => `${grp}-${member}`;
export const heldOf = (rid: number, { kind, element = "", target }: Pick<GrantChange, "kind" | "element" | "target">) =>
  `${rid}-${kind}-${element}-${target}`;

export interface StandingGrantsParts {
  readonly views: Views;
  /** For reading alone. */
  readonly session: ClientSession;
  /** What the batch before leaves. */
  readonly ahead: Ahead;
}

export class StandingGrants {
  readonly #views: Views;
  readonly #session: ClientSession;
  readonly #ahead: Ahead;

  constructor({ views, session, ahead }: StandingGrantsParts) {
    this.#views = views;
    this.#session = session;
    this.#ahead = ahead;
  }

  /** Subjects and groups of the changes that there are, by tenant and id. */
  async subjects(batch: ViewBatch, stored: ReadonlyMap<number, ResourceDocument>): Promise<Map<string, Subject>> {
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

  /** What is open of these memberships, by group and member. */
  async openMembers(
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

  /** What is open of what these hold. */
  async openHolds(subjects: readonly Subject[]): Promise<Map<string, HoldDocument>> {
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
