// What operations on a group's `members` come to: who is added and who is removed in the end (RFC 7644 §3.5.2).
import { mutability, noTarget } from "../scim/errors.ts";
import { matchesElement } from "../scim/filter/evaluate.ts";
import type { Filter } from "../scim/filter/filter.ts";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import type { PatchOperation } from "../scim/patch/operation.ts";
import { Work } from "../scim/work.ts";
import type { MemberSet } from "./member-set.ts";

export interface MembershipChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A member as a filter in a PATCH path sees it: `value`, `type`, `display`. */
export type DescribeMember = (id: string) => JsonObject;

export const isOnMembers = (operation: PatchOperation): boolean =>
  operation.path.extension === undefined && operation.path.attribute.name === "members";

/** The ids in a list of member elements. */
export const idsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((member) => (isObject(member) && typeof member["value"] === "string" ? [member["value"]] : []))
    : [];

/** What must be known of the members before operations can be decided. */
export interface MembersNeeded {
  /** Ids whose membership matters; "all" where an operation speaks of members that it does not name. */
  readonly known: readonly string[] | "all";
  /** Ids that may become members. */
  readonly candidates: readonly string[];
  /** Present members, too, must be asked whether they live: one that died stays a member until the membership is ended. */
  readonly evenMembers?: true;
  /** A filter looks at more than ids: members must come with type and display. */
  readonly described: boolean;
}

/** What of a group's members has to be known before a PATCH of them can be decided. */
export function membersNeeded(operations: readonly PatchOperation[]): MembersNeeded {
  const known: string[] = [];
  const candidates: string[] = [];
  let all = false;
  let described = false;
  for (const { op, filter, value } of operations.filter(isOnMembers)) {
    const named = filter === undefined ? idsIn(value) : idsOfFilter(filter);
    if (named === undefined) described = true;
    const wholeList = op === "replace" || (op === "remove" && value === undefined);
    all ||= named === undefined || (filter === undefined && wholeList);
    known.push(...(named ?? []));
    if (op !== "remove" && filter === undefined) candidates.push(...idsIn(value));
  }
  return { known: all ? "all" : known, candidates, described };
}

/** The ids that `value eq "…"`, alone or joined by `or`, can match; undefined for any other filter. */
function idsOfFilter(filter: Filter): readonly string[] | undefined {
  if (filter.kind === "compare" && filter.operator === "eq" && filter.path.attribute.name === "value") {
    return typeof filter.value === "string" ? [filter.value] : undefined;
  }
  if (filter.kind !== "or") return undefined;
  const ids = filter.terms.map(idsOfFilter);
  return ids.includes(undefined) ? undefined : ids.flatMap((term) => term ?? []);
}

/** The net change of operations on members, applied in order; members outside of it stay untouched. 413 for too much work. */
export function membershipAfter(
  members: MemberSet,
  operations: readonly PatchOperation[],
  describe: DescribeMember,
): MembershipChange {
  let next = members;
  const work = new Work();
  const touched = new Set<string>();
  const set = (ids: Iterable<string>, member: boolean) => {
    const changes = Array.from(ids, (id) => [id, member] as const);
    for (const [id] of changes) touched.add(id);
    next = next.with(changes);
  };
  for (const operation of operations.filter(isOnMembers)) {
    const { op, path, filter, value } = operation;
    if (path.sub !== undefined)
      throw mutability(`members.${path.sub.name} is immutable: add or remove the member instead`);
    if (filter !== undefined) {
      const matched = matching(next, filter, describe, work);
      if (op !== "remove" && matched.length === 0) throw noTarget(`${op} members[…]: no member matches the filter`);
      if (op === "remove" || value === undefined) set(matched, false);
      else keepSame(matched, value);
    } else if (op === "add") {
      set(idsIn(value), true);
    } else {
      work.spend(next.weight * MEMBER, undefined);
      set(op === "remove" && value !== undefined ? idsIn(value) : next.ids(), false);
      if (op === "replace") set(idsIn(value), true);
    }
  }
  const changed = [...touched].filter((id) => next.has(id) !== members.has(id));
  return { added: changed.filter((id) => next.has(id)), removed: changed.filter((id) => !next.has(id)) };
}

/** What one member costs where all are looked at, UTF-16 units: its id and a name. */
const MEMBER = 50;

function matching(members: MemberSet, filter: Filter, describe: DescribeMember, work: Work): readonly string[] {
  const named = idsOfFilter(filter);
  if (named !== undefined) return named.filter((id) => members.has(id));
  work.spend(members.weight * MEMBER, filter);
  return [...members.ids()].filter((id) => matchesElement(filter, describe(id)));
}

/** `add` or `replace` on a member that a filter selects: its sub-attributes are immutable, the same value is no change. */
function keepSame(matched: readonly string[], value: Json | undefined): void {
  const id = isObject(value) ? (value["value"] ?? matched[0]) : undefined;
  if (matched.length !== 1 || matched[0] !== id) {
    throw mutability("a member cannot be turned into another: remove the one and add the other");
  }
}
