// Who at the target is the user or group of the source? Two that may be different are never taken for one.
import { comparisonKey } from "../../../scim/comparison-key.ts";
import { type JsonObject, own } from "../../../scim/json.ts";
import type { Kind } from "../../scim-client/discovery.ts";

/**
 * `both`: userName says who is who, and externalId must not say otherwise. `userName`: userName alone. `externalId`: it
 * says who is who; userName where one of the two has none. For groups read displayName in place of userName.
 */
export const MATCH_MODES = ["both", "userName", "externalId"] as const;
export type MatchMode = (typeof MATCH_MODES)[number];

/** By what a resource can be told. */
export interface Identity {
  /** userName of a user, displayName of a group, as it is compared; undefined where there is none. */
  readonly name: string | undefined;
  readonly externalId: string | undefined;
}

export interface Candidate extends Identity {
  readonly id: string;
}

export const NAMES: Readonly<Record<Kind, string>> = { User: "userName", Group: "displayName" };

/** The identity of a resource, of either side. */
export function identityOf(kind: Kind, resource: JsonObject): Identity {
  const name = textOf(resource, NAMES[kind]);
  return { name: name === undefined ? undefined : comparisonKey(name), externalId: textOf(resource, "externalId") };
}

/** An attribute's text, under its name in any case. */
export function textOf(resource: JsonObject, attribute: string): string | undefined {
  const name = Object.hasOwn(resource, attribute)
    ? attribute
    : Object.keys(resource).find((key) => key.toLowerCase() === attribute.toLowerCase());
  const value = name === undefined ? undefined : own(resource, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export type Match =
  | { readonly is: "new" }
  | { readonly is: "known"; readonly id: string }
  | { readonly is: "conflict"; readonly reason: string };

/** Whether another resource of the source is the target's resource with this id already. */
export type IsTaken = (id: string) => boolean;

const conflict = (reason: string): Match => ({ is: "conflict", reason });
const known = ({ id }: Candidate): Match => ({ is: "known", id });
const NEW: Match = { is: "new" };

/** `candidates` are all resources of the target with the same name or the same externalId. */
export function match(
  kind: Kind,
  mode: MatchMode,
  resource: Identity,
  candidates: readonly Candidate[],
  isTaken: IsTaken,
): Match {
  const sameExternal = resource.externalId === undefined ? [] : candidates.filter((one) => agree(one, resource));
  if (mode === "externalId" && sameExternal.length > 0)
    return byExternalId(kind, resource, sameExternal, candidates, isTaken);
  const bearers = candidates.filter((one) => one.name !== undefined && one.name === resource.name);
  if (mode === "both") {
    const others = sameExternal.filter((one) => !bearers.includes(one));
    if (others.length > 0)
      return conflict(
        `its externalId is borne by a ${word(kind)} with another ${NAMES[kind]} at the target (--match says which counts)`,
      );
  }
  return kind === "User"
    ? byUserName(mode, resource, bearers, isTaken)
    : byDisplayName(mode, resource, bearers, isTaken);
}

function byExternalId(
  kind: Kind,
  resource: Identity,
  same: readonly Candidate[],
  candidates: readonly Candidate[],
  isTaken: IsTaken,
): Match {
  const [one] = same;
  if (one === undefined || same.length > 1)
    return conflict(`its externalId is borne by ${same.length} ${word(kind)}s at the target`);
  if (isTaken(one.id))
    return conflict(`its externalId leads to a ${word(kind)} that another one of the source is already`);
  // Names of users are unique: the renaming would be refused.
  if (kind === "User" && candidates.some(({ id, name }) => id !== one.id && name === resource.name))
    return conflict("its externalId and its userName are borne by two different users at the target");
  return known(one);
}

/** At most one, as far as userName is unique at the target. */
function byUserName(mode: MatchMode, resource: Identity, bearers: readonly Candidate[], isTaken: IsTaken): Match {
  const [one] = bearers;
  if (one === undefined) return NEW;
  if (bearers.length > 1) return conflict(`its userName is borne by ${bearers.length} users at the target`);
  if (isTaken(one.id)) return conflict("its userName is borne by a user that another one of the source is already");
  if (mode !== "userName" && disagree(one, resource))
    return conflict(
      "its userName is borne by a user with another externalId at the target (--match says which counts)",
    );
  return known(one);
}

/** displayName is not unique: a group that is another one's, or has another externalId, stands in nobody's way. */
function byDisplayName(mode: MatchMode, resource: Identity, bearers: readonly Candidate[], isTaken: IsTaken): Match {
  const free = bearers.filter((one) => !isTaken(one.id) && (mode === "userName" || !disagree(one, resource)));
  const agreeing = free.filter((one) => agree(one, resource));
  const [one, ...more] = agreeing.length > 0 ? agreeing : free;
  if (one === undefined) return NEW;
  return more.length === 0
    ? known(one)
    : conflict(`its displayName is borne by ${more.length + 1} groups at the target`);
}

const word = (kind: Kind): string => kind.toLowerCase();

const agree = (a: Identity, b: Identity): boolean => a.externalId !== undefined && a.externalId === b.externalId;
const disagree = (a: Identity, b: Identity): boolean =>
  a.externalId !== undefined && b.externalId !== undefined && a.externalId !== b.externalId;
