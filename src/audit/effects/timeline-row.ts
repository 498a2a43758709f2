// One event as a timeline tells it.
import { z } from "zod";
import { attributeChange } from "../../domain/events.ts";
import { client } from "./clients.ts";
import { actor } from "./evidence.ts";

const group = z.strictObject({ id: z.string(), display: z.string().nullable() });

export const timelineRow = z.strictObject({
  position: z.string(),
  /** Effective time, by which instants are resolved; `at` is the time that the deciding node gave. */
  time: z.string(),
  at: z.string(),
  event: z.string(),
  type: z.string(),
  /** Whose stream the event is in: for a membership, the group's. */
  resource: z.strictObject({ type: z.string(), id: z.string() }),
  revision: z.int(),
  changes: z.array(attributeChange),
  /** Direct memberships of the subject. */
  memberships: z.strictObject({
    gained: z.array(group),
    lost: z.array(group.extend({ cause: z.string().nullable() })),
  }),
  /** Members of the subject, where it is a group. */
  members: z.strictObject({ added: z.array(z.string()), removed: z.array(z.string()) }).optional(),
  cause: z.string().optional(),
  /** A part of a large change has effect from its completion on. */
  change: z.string().optional(),
  actor,
  client: client.optional(),
  requestId: z.string(),
  commandId: z.string(),
  profile: z.string().optional(),
  rules: z.array(z.string()),
  /** What the rules read otherwise than it stands: as it was sent, and as it was read. */
  interpretations: z.array(z.strictObject({ raw: z.string(), interpreted: z.string() })).optional(),
  approval: z.string().optional(),
  /** Why a person was erased. */
  reason: z.string().optional(),
});
export type TimelineRow = z.output<typeof timelineRow>;
