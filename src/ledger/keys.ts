// The ports of what must not lie in the log: the keys that sign a ledger's heads, and the last heads that they signed.
import type { NoteSigner } from "./signing.ts";
import type { VerifierKey } from "./verifier-key.ts";

export interface LedgerKeys {
  /** What the origins of all trees of this log begin with. It never changes. */
  readonly name: string;
  /** Whoever signs for an origin now, the newest key first; more than one while keys are being changed. */
  signers(origin: string): readonly NoteSigner[];
  /** Every key that ever signed for an origin, the newest first. */
  verifiers(origin: string): readonly VerifierKey[];
}

export interface HeadKeeper {
  /** The last head that was signed of a tenant's tree, a signed note. */
  last(tenant: string): string | undefined;
  /** Durable once it is over. */
  keep(tenant: string, note: string): void | Promise<void>;
  /** The last head that witnesses have cosigned, with their signatures; whole, where there is one. */
  cosigned(tenant: string): string | undefined;
  /** Durable once it is over. */
  keepCosigned(tenant: string, note: string): void | Promise<void>;
  tenants(): readonly string[];
}

/**
 * Stands in the place of a tenant for the tree over the heads of all: its leaves are those heads, as they were signed, in the
 * order of the log. No tenant can be named so.
 */
export const INSTANCE = "_instance";

/** The name of a tenant's tree. After each restore that was accepted it is another tree, of the next epoch. */
export const originOf = (name: string, tenant: string, epoch: number): string =>
  epoch === 1 ? `${name}/${tenant}` : `${name}/${tenant}/${epoch}`;

/** The epoch in the name of a tenant's tree; undefined where it is not this tenant's. */
export function epochIn(origin: string, name: string, tenant: string): number | undefined {
  const rest = origin.startsWith(`${name}/${tenant}/`) ? Number(origin.slice(name.length + tenant.length + 2)) : 1;
  return Number.isSafeInteger(rest) && rest >= 1 && originOf(name, tenant, rest) === origin ? rest : undefined;
}

/** Whether a tree is, by its name, the one over the heads of others; of this one, where one is named. */
export function isOver(instance: string, origin?: string): boolean {
  const end = instance.lastIndexOf(`/${INSTANCE}`);
  const name = instance.slice(0, Math.max(0, end));
  if (epochIn(instance, name, INSTANCE) === undefined) return false;
  return origin === undefined || origin.startsWith(`${name}/`);
}

/** Whether a tree is a tenant's, by its name. */
export function isTreeOf(origin: string, tenant: string): boolean {
  const parts = origin.split("/");
  const [last = "", before = ""] = parts.reverse();
  return last === tenant || (before === tenant && originOf("", tenant, Number(last)) === `/${before}/${last}`);
}
