// One thing that one event did to somebody, in the answer about a blast radius.
import { z } from "zod";
import { typed } from "../answers/rows.ts";
import { EFFECTS } from "./effects.ts";
import { evidence } from "./evidence.ts";

export const blastRow = z.strictObject({
  subject: typed,
  effect: z.enum(EFFECTS),
  /** What was gained or lost: a group, role or entitlement. */
  kind: z.enum(["group", "role", "entitlement"]).nullable(),
  target: z.string().nullable(),
  /** Attributes that changed. */
  paths: z.array(z.string()),
  /** Whether it still is as this event left it; null where that cannot be told. */
  inForce: z.boolean().nullable(),
  /** What was gained ended, and was granted anew by another event; or what was lost was given back. */
  regranted: z.boolean(),
  evidence,
});
export type BlastRow = z.output<typeof blastRow>;
