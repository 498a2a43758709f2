// Whoever an earlier pass saw and this one did not: reported, and disabled where that was asked for.
import type { Kind } from "../scim-client/discovery.ts";
import { Refused } from "../scim-client/errors.ts";
import type { Link } from "./links.ts";
import { idIn } from "./target.ts";
import { refuseWhenStopped, type WriteContext } from "./write-context.ts";

export interface Vanished {
  readonly users: number;
  readonly groups: number;
  readonly disabled: number;
  /** Why nobody (else) was disabled, though that was asked for. */
  readonly refused?: string;
}

export interface VanishedOptions {
  /** What the pass read: of the other kind nothing can be said. */
  readonly kinds: readonly Kind[];
  readonly deactivate: boolean;
  /** The greatest share of known users that may be disabled in one pass, 0 to 1. */
  readonly atMost: number;
  /** Whether the pass saw all that the source has: else nobody can be called missing. */
  readonly complete: boolean;
  /** Whether the source, asked for this one user, says that there is none. */
  readonly isGone: (sourceId: string) => Promise<boolean>;
}

/** Throws Stopped, ServerUnusable. */
export async function handleVanished(context: WriteContext, options: VanishedOptions): Promise<Vanished> {
  const { links } = context;
  const found = { users: 0, groups: 0, disabled: 0 };
  if (!options.complete)
    return options.deactivate
      ? { ...found, refused: "the source changed while it was read: nobody is disabled in this pass" }
      : found;
  const missing = (kind: Kind): readonly Link[] => (options.kinds.includes(kind) ? links.missing(kind) : []);
  const users = missing("User");
  const counted = { ...found, users: users.length, groups: missing("Group").length };
  if (!options.deactivate || users.length === 0) return counted;
  const share = users.length / links.count("User");
  if (share > options.atMost)
    return {
      ...counted,
      refused: `${users.length} of ${links.count("User")} users are not at the source any more, more than ${percent(options.atMost)}: nobody is disabled (--at-most)`,
    };
  let disabled = 0;
  try {
    for (const link of users) {
      refuseWhenStopped(context);
      if (await options.isGone(link.sourceId)) disabled += await disable(link, context);
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...counted, disabled, refused: `the target refuses to disable a user: ${error.message}` };
  }
  return { ...counted, disabled };
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

/** 1 where an enabled user was disabled. */
async function disable({ sourceId, targetId }: Link, { target, links }: WriteContext): Promise<number> {
  const [user] = await target.find("User", [{ attribute: "id", value: targetId }]);
  if (user === undefined || idIn(user) !== targetId) {
    links.unlink("User", sourceId);
    return 0;
  }
  // Whoever is disabled already was disabled by somebody else, who may have had a reason to.
  if (user["active"] === false) return 0;
  await target.change("User", targetId, [{ op: "replace", path: "active", value: false }]);
  links.markDisabled("User", sourceId);
  return 1;
}
