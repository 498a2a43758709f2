// Creations that refer to each other in a circle (RFC 7644 §3.7.1): all or none.
import type { CommandContext } from "../../eventlog/provisioning.ts";
import { withoutAbsent } from "../../scim/bulk/circle.ts";
import { ScimError } from "../../scim/errors.ts";
import type { Json } from "../../scim/json.ts";
import type { ResourceOperations } from "./resource-operations.ts";

export interface Creation {
  readonly id: string;
  readonly data: Json | undefined;
  readonly operations: ResourceOperations;
}

export type CircleEnd =
  | { readonly versions: readonly number[] }
  /** `failed`: whose creation it was, by its place. `left`: ids of resources that could not be deleted again. */
  | { readonly failed: number; readonly error: unknown; readonly left: ReadonlySet<string> };

/** Creates each without the members that are yet to be created, then replaces those by what was sent. Never throws. */
export async function createCircle(circle: readonly Creation[], command: () => CommandContext): Promise<CircleEnd> {
  const versions: number[] = [];
  const incomplete: number[] = [];
  const absent = new Set(circle.map(({ id }) => id));
  let at = 0;
  try {
    for (; at < circle.length; at++) {
      const { id, data, operations } = circle[at] as Creation;
      absent.delete(id);
      const begun = withoutAbsent(operations.type, data, absent);
      versions.push((await operations.create(id, begun, command())).state.version);
      if (begun !== data) incomplete.push(at);
    }
    for (at of incomplete) {
      const { id, data, operations } = circle[at] as Creation;
      const created = versions[at];
      const options = { ifMatch: (version: number) => version === created };
      versions[at] = (await operations.replace(id, data, command(), options)).state.version;
    }
    return { versions };
  } catch (error) {
    // The one that failed is among them: whether it was created may be unknown.
    const begun = circle.slice(0, Math.max(versions.length, at + 1));
    return { failed: at, error, left: await takeBack(begun, command) };
  }
}

async function takeBack(begun: readonly Creation[], command: () => CommandContext): Promise<ReadonlySet<string>> {
  const left = new Set<string>();
  for (const { id, operations } of begun) {
    try {
      await operations.remove(id, command(), {});
    } catch (error) {
      if (!(error instanceof ScimError && error.status === 404)) left.add(id);
    }
  }
  return left;
}
