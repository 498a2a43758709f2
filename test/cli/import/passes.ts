// Runs passes between two fake servers, with simulated time.
import type { DatabaseSync } from "node:sqlite";
import { type PassOptions, runPass } from "../../../src/cli/import/run-pass.ts";
import type { Summary } from "../../../src/cli/import/summary.ts";
import { ServerTarget } from "../../../src/cli/import/target.ts";
import { openWorkFile } from "../../../src/cli/pull/work-file.ts";
import { capabilitiesOf, shapesOf } from "../../../src/cli/scim-client/discovery.ts";
import { ScimClient } from "../../../src/cli/scim-client/scim-client.ts";
import { BASE, type FakeServer } from "./fake-server.ts";

export const newState = (): DatabaseSync => openWorkFile(":memory:");

/** The process is gone: nothing more is asked, and nothing more is written down. */
export class Killed extends Error {}

export interface World {
  readonly source: FakeServer;
  readonly target: FakeServer;
}

export type Overrides = Partial<PassOptions> & {
  readonly patience?: number;
  /** Where it says so, the process ends at its next wait. */
  readonly isKilled?: () => boolean;
};

export function clientOf(server: FakeServer, name: string, options: Overrides = {}): ScimClient {
  let now = 1_800_000_000_000;
  const { patience, isKilled = () => false, signal } = options;
  return new ScimClient({
    name,
    base: BASE,
    ...(server.options.token === undefined ? {} : { token: server.options.token }),
    send: (request) => (isKilled() ? Promise.reject(new Killed("killed")) : server.send(request)),
    pause: async (milliseconds) => {
      if (isKilled()) throw new Killed("killed");
      now += milliseconds;
    },
    clock: () => now,
    chance: () => 0.5,
    ...(patience === undefined ? {} : { patience }),
    ...(signal === undefined ? {} : { signal }),
  });
}

export async function pass(world: World, database: DatabaseSync, options: Overrides = {}): Promise<Summary> {
  const source = clientOf(world.source, "the source", options);
  const target = clientOf(world.target, "the target", options);
  const { types } = await shapesOf(target);
  return runPass({
    database,
    source: { is: "server", client: source, capabilities: await capabilitiesOf(source) },
    target: new ServerTarget(target, types),
    kinds: ["User", "Group"],
    mode: "both",
    exact: false,
    dryRun: false,
    deactivateMissing: false,
    atMost: 0.1,
    pageSize: 3,
    concurrency: 3,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...options,
  });
}

/** What a summary says that does not depend on how long it took. */
export const countsOf = ({ users, groups, memberships, droppedAttributes, missingMembers }: Summary) => ({
  users,
  groups,
  memberships,
  droppedAttributes,
  missingMembers,
});
