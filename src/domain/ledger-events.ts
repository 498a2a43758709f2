// What a tenant's ledger says of itself, in a stream of its own; no leaf of the tree stands for these events.
import { z } from "zod";
import { event } from "./event.ts";

/** Counts the restores that were accepted, from 1. */
const epoch = z.int().min(1);

/** A head of the tenant's Merkle tree: `note` is the checkpoint, a C2SP signed note. */
export const CheckpointSigned = event(
  "CheckpointSigned",
  1,
  z.strictObject({ size: z.int(), root: z.string(), epoch, note: z.string() }),
);

/** The log was behind its last signed head and is taken as it is; `note` says so under the ledger's key. */
export const RestoreAccepted = event(
  "RestoreAccepted",
  1,
  z.strictObject({
    epoch,
    reason: z.string(),
    /** The head that the log is behind, a signed note; absent where it could not be read. */
    behind: z.string().optional(),
    note: z.string(),
  }),
);
