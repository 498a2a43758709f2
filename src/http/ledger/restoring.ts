// Takes a tenant's log as it is that is behind its last signed head, while the service runs.
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import { parseCheckpoint } from "../../ledger/checkpoint.ts";
import { parseNote } from "../../ledger/signed-note.ts";
import { type Checkpoints, NothingToAccept } from "../../processes/checkpoints.ts";
import { conflict } from "../../scim/errors.ts";
import { checked, restoreBody } from "../admin/fields.ts";
import { type BodyLimits, readJson } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import { forbidden } from "../refusal.ts";

export interface RestoringOptions {
  readonly checkpoints: Pick<Checkpoints, "acceptRestore">;
  readonly bodies: BodyLimits;
}

/** Answers with the origin under which the tree goes on, and its head. 409 where there is nothing to accept. */
export async function acceptRestore(exchange: Exchange, { checkpoints, bodies }: RestoringOptions): Promise<void> {
  const { tenant, actor } = exchange.admitted;
  if (tenant !== DEFAULT_TENANT)
    throw forbidden(`Only administrators of the tenant “${DEFAULT_TENANT}” answer for a restore.`);
  const { reason } = checked(restoreBody, await readJson(exchange.request, bodies));
  try {
    const checkpoint = await checkpoints.acceptRestore(exchange.param("tenant"), reason, actor);
    const { origin, size } = parseCheckpoint(parseNote(checkpoint).text);
    exchange.answer(200, JSON.stringify({ tenant: exchange.param("tenant"), origin, size, checkpoint }));
  } catch (error) {
    if (error instanceof NothingToAccept) throw conflict(`Nothing was changed: ${error.message}.`);
    throw error;
  }
}
