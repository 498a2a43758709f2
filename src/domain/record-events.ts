// What becomes of keys, and who used a credential: events behind which no aggregate stands.
import { z } from "zod";
import { event } from "./event.ts";

const id = z.string().min(1);

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
