// Read models in MongoDB that an older version wrote are built anew before this one serves, by the first node that comes.
import { setTimeout as pause } from "node:timers/promises";
import type { Db } from "mongodb";
import { ordinalOf } from "../eventlog/event-log.ts";
import { type RebuildOptions, rebuild } from "../projections/rebuild.ts";
import { AlreadyBuilding, Building } from "../readstore/mongodb/generations/building.ts";
import { isOutdated, servingIn } from "../readstore/mongodb/generations/generations.ts";
import { inTime } from "../readstore/mongodb/in-time.ts";

export interface OutdatedOptions extends Omit<RebuildOptions, "views" | "onProgress"> {
  /** Names this node. */
  readonly owner: string;
  readonly onStart: (progress: string) => void;
}

/** Milliseconds between two looks at what another node builds. */
const LOOK_EVERY = 1_000;
/** For how long a look is waited for, ms. */
const LOOKED_WITHIN = 10_000;

/** Resolves once the read models that serve are of this version; older nodes serve the others meanwhile. Throws NewerFormat. */
export async function bringUpToDate(database: Db, { owner, onStart, ...options }: OutdatedOptions): Promise<void> {
  while (isOutdated(await inTime(servingIn(database), LOOKED_WITHIN))) {
    const views = await Building.begin(database, owner).catch(orUndefined);
    if (views === undefined) {
      onStart("another node builds the read models of this version");
      await pause(LOOK_EVERY);
      continue;
    }
    try {
      await rebuild({
        ...options,
        views,
        onProgress: ({ position, head }) =>
          onStart(
            `the read models of this version are being built: ${Math.floor((100 * ordinalOf(position)) / Math.max(1, ordinalOf(head)))} %`,
          ),
      });
    } finally {
      await views.stop();
    }
  }
}

function orUndefined(error: unknown): undefined {
  if (!(error instanceof AlreadyBuilding)) throw error;
}
