// In which groups a resource is, as its document says it.
import type { Document } from "mongodb";
import type { GrantChange } from "../../view-writer.ts";
import { type Holding, MOST_HELD } from "../documents.ts";

/** A membership that began or ended. */
export type Move = Pick<GrantChange, "open" | "target">;

export const NOWHERE: Holding = { groups: 0, held: [] };

/** After a membership that began or ended. What names too many groups names none from then on, so that every rebuild agrees. */
export function heldAfter({ groups, held }: Holding, { open, target }: Move): Holding {
  if (!open) return { groups: groups - 1, held: held === null ? null : held.filter((id) => id !== target) };
  if (held === null || held.length >= MOST_HELD) return { groups: groups + 1, held: null };
  const after = held.findIndex((id) => id > target);
  const at = after < 0 ? held.length : after;
  return { groups: groups + 1, held: [...held.slice(0, at), target, ...held.slice(at)] };
}

/** What makes a document say so: of a single move, the one id and not the list. */
export function holdingUpdate({ groups, held }: Holding, move: Move | undefined): Document {
  if (held === null || move === undefined) return { $set: { groups, held } };
  const { open, target } = move;
  return {
    $set: { groups },
    ...(open ? { $push: { held: { $each: [target], $sort: 1 } } } : { $pull: { held: target } }),
  };
}
