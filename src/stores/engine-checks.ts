// Whether a node on engines is ready: what it can reach, and how far the read models are behind the log.
import { ordinalOf } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";
import type { ReadinessCheck } from "../http/health.ts";
import { Lag } from "../nodes/lag.ts";
import type { Terms } from "../nodes/terms.ts";
import type { OpenedLog } from "./open-log.ts";
import type { ProjectionDuty } from "./projection-duty.ts";
import type { Views } from "./views.ts";

/** Milliseconds that the read models may be behind the log before the node is not ready. */
const LAGGING = 10_000;
/** How often it is looked how far they are behind, ms. */
const LOOK_EVERY = 1_000;

/** Looks from time to time how far the read models are behind the log. */
export function watchLag(log: OpenedLog, visibility: Visibility) {
  const lag = new Lag();
  const looking = setInterval(async () => {
    const now = performance.now();
    await log.head().then(
      (position) => lag.note(position, visibility.position, now),
      () => undefined,
    );
  }, LOOK_EVERY).unref();
  return {
    /** Milliseconds. */
    behind: () => lag.at(visibility.position, performance.now()),
    stop: () => clearInterval(looking),
  };
}

interface Checked {
  readonly log: OpenedLog;
  readonly views: Pick<Views, "unheld">;
  readonly visibility: Visibility;
  readonly terms: Terms;
  readonly projection: Pick<ProjectionDuty, "failing">;
  /** Milliseconds. */
  readonly behind: () => number;
}

/** What readiness goes by; the lease is said, not asked for: any node may serve. */
export const checksOf = ({ log, views, visibility, terms, projection, behind }: Checked): readonly ReadinessCheck[] => [
  {
    name: "event log",
    check: async () => {
      if (log.writeFailure !== undefined) return { ok: false, says: `the last append failed: ${log.writeFailure}` };
      return { ok: true, says: `at position ${ordinalOf(await log.head())}` };
    },
  },
  {
    name: "read models",
    check: () => {
      if (visibility.stalled !== undefined) return { ok: false, says: visibility.stalled };
      const seconds = Math.round(behind() / 1_000);
      const says = seconds === 0 ? "level with the log" : `${seconds} s behind the log${projection.failing}`;
      const unheld = views.unheld();
      const without = unheld === 0 ? "" : `; too large for them, and refused to whoever reads it: ${unheld}`;
      return { ok: behind() < LAGGING, says: `${says}${without}` };
    },
  },
  {
    name: "lease",
    check: () => ({ ok: true, says: terms.term === undefined ? "another node's, or nobody's" : "this node's" }),
  },
];
