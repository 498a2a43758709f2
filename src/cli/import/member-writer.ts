// Adds and removes members in portions; one member that is refused does not keep the others out.
import { Refused } from "../scim-client/errors.ts";
import { MEMBERS_AT_ONCE, type Target } from "./target.ts";

export class MemberWriter {
  readonly #group: string;
  readonly #target: Target;
  readonly #check: () => void;

  /** `check` throws where the run should end between two portions. */
  constructor(group: string, target: Target, check: () => void) {
    this.#group = group;
    this.#target = target;
    this.#check = check;
  }

  /** How many were written. Those that were refused are counted in `missing`, by the reason. */
  async write(op: "add" | "remove", ids: readonly string[], missing: Map<string, number>): Promise<number> {
    let written = 0;
    for (let from = 0; from < ids.length; from += MEMBERS_AT_ONCE) {
      this.#check();
      written += await this.#portion(op, ids.slice(from, from + MEMBERS_AT_ONCE), missing);
    }
    return written;
  }

  async #portion(op: "add" | "remove", ids: readonly string[], missing: Map<string, number>): Promise<number> {
    try {
      await this.#target.changeMembers(this.#group, op, ids);
      return ids.length;
    } catch (error) {
      // 404 and 412 are about the group itself: trying its members one by one would not help.
      if (!(error instanceof Refused) || error.status === 404 || error.status === 412) throw error;
      if (ids.length === 1) {
        const reason = `the target refuses the member (${error.message})`;
        missing.set(reason, (missing.get(reason) ?? 0) + 1);
        return 0;
      }
      const half = ids.length >> 1;
      return (
        (await this.#portion(op, ids.slice(0, half), missing)) + (await this.#portion(op, ids.slice(half), missing))
      );
    }
  }
}
