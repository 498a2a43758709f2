// What was refused, who asked what, what became of keys, who used a credential: events behind which no aggregate stands.
import { z } from "zod";
import { event } from "./event.ts";

const id = z.string().min(1);

/** A write that was refused. Request targets and details may hold personal values. */
export const AttemptRejected = event(
  "AttemptRejected",
  1,
  z.strictObject({
    method: z.string(),
    resourceType: z.string().optional(),
    resource: z.string().optional(),
    status: z.int(),
    scimType: z.string().optional(),
  }),
  z.strictObject({ detail: z.string() }),
);
/** Attempts that the bounded queue could not take. */
export const AttemptsDropped = event("AttemptsDropped", 1, z.strictObject({ count: z.int() }));
/** Failed authentications of one source in one minute. */
export const AuthenticationFailed = event(
  "AuthenticationFailed",
  1,
  z.strictObject({ minute: z.string(), count: z.int() }),
  z.strictObject({ source: z.string() }),
);

/** Events whose keys are named in one event. */
export const MOST_DISCLOSED = 5_000;

export const InspectionBegun = event(
  "InspectionBegun",
  1,
  z.strictObject({ inspection: id, question: z.string() }),
  z.strictObject({ parameters: z.record(z.string(), z.string()) }),
);
/** Keys of single events leave with evidence: of these events, by id. Before the first of them leaves; further ones in further events. */
export const KeysDisclosed = event(
  "KeysDisclosed",
  1,
  z.strictObject({ inspection: id, events: z.array(id).min(1).max(MOST_DISCLOSED) }),
);
export const InspectionEnded = event(
  "InspectionEnded",
  1,
  z.strictObject({
    inspection: id,
    rows: z.int(),
    bytes: z.int(),
    outcome: z.enum(["complete", "aborted"]),
  }),
);

/** Named keys were destroyed: those of months that are over, or those that seal where a credential was used from. */
export const KeysDestroyed = event(
  "KeysDestroyed",
  1,
  z.strictObject({ names: z.array(z.string()), keys: z.array(id) }),
);

/** Where a credential was used from: one event a stream, whose name is the id by which other events name the client. */
export const ClientSeen = event(
  "ClientSeen",
  1,
  z.strictObject({ credential: id }),
  /** `userAgent` is empty where none was sent, and null for whatever else came from this address: there were too many to tell apart. */
  z.strictObject({ address: z.string(), userAgent: z.string().nullable() }),
);
