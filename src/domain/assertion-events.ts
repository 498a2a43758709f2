// What somebody else says of people and approvals: with a source, beside what this service saw. An asserted time is data, never
// an order key. A later assertion of the same fact replaces an earlier one; both stay.
import { z } from "zod";
import { event } from "./event.ts";

const id = z.string().min(1);

/** A person joins or leaves at an instant, microseconds; null takes back what was asserted before. */
export const DateAsserted = event(
  "DateAsserted",
  1,
  z.strictObject({ user: id, kind: z.enum(["joins", "leaves"]), at: z.int().nullable(), source: z.string() }),
);
/** The approval that requests refer to was given at an instant, microseconds; null takes it back. */
export const ApprovalAsserted = event(
  "ApprovalAsserted",
  1,
  z.strictObject({ approval: id, at: z.int().nullable(), source: z.string() }),
);
