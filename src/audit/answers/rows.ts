// Shapes that rows of several questions share, and how they are filled.
import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import type { Lifetime } from "../../readstore/read-store.ts";
import { type Evidence, evidence, evidenceAt } from "../effects/evidence.ts";
import type { Holding } from "../holdings/holdings.ts";
import { holdsAt, type Interval, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import { displayAt } from "./subject.ts";

/** A user or group, and its name at the answer's position, or as it last was. */
export const named = z.strictObject({ id: z.string(), display: z.string().nullable() });
export const typed = z.strictObject({ type: z.string(), id: z.string(), display: z.string().nullable() });

export const cause = z.enum(["removed", "revoked", "userDeactivated", "userDeleted", "groupDeleted", "parentRemoved"]);
export const span = z.strictObject({ from: z.string(), to: z.string().nullable() });
/** An interval with the events at both of its ends. */
export const proven = z.strictObject({
  from: z.string(),
  to: z.string().nullable(),
  cause: cause.nullable(),
  granted: evidence,
  ended: evidence.nullable(),
});

export type Proofs = ReadonlyMap<Position, Evidence>;

export const placesOf = (intervals: readonly Interval[]): readonly Position[] =>
  intervals.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));

export const spanIn = ({ from, to }: Interval, proofs: Proofs): z.output<typeof span> => ({
  from: proofs.get(from)!.time,
  to: to === null ? null : proofs.get(to)!.time,
});

export const provenIn = (interval: Interval, proofs: Proofs): z.output<typeof proven> => ({
  ...spanIn(interval, proofs),
  cause: interval.cause,
  granted: proofs.get(interval.from)!,
  ended: interval.to === null ? null : proofs.get(interval.to)!,
});

/** Between two events of one request there is no instant: what held there alone never had effect. */
export const takesTime = ({ from, to }: { readonly from: string; readonly to: string | null }): boolean => from !== to;

export async function namedAt(sources: Sources, tenant: string, type: string, id: string, position: Position) {
  return { id, display: await displayAtOrLast(sources, tenant, { type, id }, position) };
}

/** The name at a position; of what was dead by then, the last one. */
export async function displayAtOrLast(
  sources: Sources,
  tenant: string,
  { type, id }: { readonly type: string; readonly id: string },
  position: Position,
): Promise<string | null> {
  const name = await displayAt(sources, { tenant, type, id }, position);
  if (name !== null) return name;
  const life = await sources.store.lifetime(tenant, id);
  if (life === undefined || life.to === null || life.to > position) return null;
  return displayAt(sources, { tenant, type, id }, preceding(life.to));
}

/** Something held beside the account. */
export const held = z.strictObject({
  kind: z.enum(["group", "role", "entitlement"]),
  target: z.string(),
  /** A group's name. */
  display: z.string().nullable(),
  since: evidence,
});

/** `holdings` are not of accounts. */
export async function heldRows(
  sources: Sources,
  tenant: string,
  holdings: readonly Pick<Holding, "kind" | "target" | "from">[],
  position: Position,
): Promise<z.output<typeof held>[]> {
  const proofs = await evidenceAt(
    sources,
    holdings.map(({ from }) => from),
  );
  const rows: z.output<typeof held>[] = [];
  for (const { kind, target, from } of holdings) {
    if (kind === "account") continue;
    const display = kind === "group" ? (await namedAt(sources, tenant, "Group", target, position)).display : null;
    rows.push({ kind, target, display, since: proofs.get(from)! });
  }
  return rows;
}

const AT_ONCE = 100;

/** Users or groups that live at a position, in order of creation, after an id. */
export async function* livesAt(
  { store }: Pick<Sources, "store">,
  tenant: string,
  type: string,
  position: Position,
  after: string | undefined,
): AsyncGenerator<Lifetime> {
  for (let last = after ?? null; ; ) {
    const batch: readonly Lifetime[] = await store.livesOf(tenant, type, last, AT_ONCE);
    for (const life of batch) if (holdsAt({ ...life, cause: null }, position)) yield life;
    if (batch.length < AT_ONCE) return;
    last = batch.at(-1)!.id;
    await turn();
  }
}
