// Creations that refer to each other in a circle (RFC 7644 §3.7.1): all or none.
import type { CommandContext } from "../../eventlog/provisioning.ts";
import { withoutAbsent } from "../../scim/bulk/circle.ts";
import { ScimError } from "../../scim/errors.ts";
import type { Json } from "../../scim/json.ts";
import type { BulkType, Made } from "./bulk-type.ts";

export interface Creation {
  readonly id: string;
  readonly data: Json | undefined;
  readonly resources: BulkType;
}

export type CircleEnd =
  | { readonly made: readonly Made[] }
  /** `failed`: whose creation it was, by its place. `left`: ids of resources that could not be deleted again. */
  | { readonly failed: number; readonly error: unknown; readonly left: ReadonlySet<string> };

/** Creates each without the members that are yet to be created, then replaces those by what was sent. Never throws. */
export async function createCircle(circle: readonly Creation[], command: () => CommandContext): Promise<CircleEnd> {
  const made: Made[] = [];
  const incomplete: number[] = [];
  const absent = new Set(circle.map(({ id }) => id));
  let at = 0;
  try {
    for (; at < circle.length; at++) {
      const { id, data, resources } = circle[at] as Creation;
      absent.delete(id);
      const begun = withoutAbsent(resources.type, data, absent);
      made.push(await resources.create(id, begun, command()));
      if (begun !== data) incomplete.push(at);
    }
    for (at of incomplete) {
      const { data, resources } = circle[at] as Creation;
      const created = made[at] as Made;
      const options = { ifMatch: (version: number) => version === created.version };
      made[at] = await resources.replace(created.id, data, command(), options);
    }
    return { made };
  } catch (error) {
    // The one that failed is among them: whether it was created may be unknown.
    const begun = circle.slice(0, Math.max(made.length, at + 1));
    return { failed: at, error, left: await takeBack(begun, made, command) };
  }
}

/** The ids under which those that stay were issued. */
async function takeBack(
  begun: readonly Creation[],
  made: readonly Made[],
  command: () => CommandContext,
): Promise<ReadonlySet<string>> {
  const left = new Set<string>();
  for (const [at, { id, resources }] of begun.entries()) {
    const own = made[at]?.id ?? id;
    if (!resources.isId(own)) continue;
    try {
      await resources.remove(own, command(), {});
    } catch (error) {
      if (!(error instanceof ScimError && error.status === 404)) left.add(id);
    }
  }
  return left;
}
