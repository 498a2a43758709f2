import { formatInstant } from "../../audit/answers/instant.ts";
import type { Erased } from "../../processes/erasing.ts";

/** A finished erasure as the admin API answers it: the same bytes however often it is asked for. */
export const erasureJson = ({ tenant, id, actor, requestId, reason, approval, ...rest }: Erased) => ({
  tenant,
  id,
  erased: formatInstant(rest.erasedAt),
  keyDestroyed: formatInstant(rest.completedAt),
  by: { id: actor.credential, name: actor.name, kind: actor.kind },
  requestId,
  reason,
  approval,
  unreadable: rest.outcome.erased,
  remains: rest.outcome.remains,
});
