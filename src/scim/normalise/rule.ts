import { Work } from "../work.ts";

/**
 * Whose dialect a request is read in. `rfc` takes nothing but the standard; `lenient` is the union of the readings that
 * are safe for everybody.
 */
export type Profile = "rfc" | "lenient";

/** One reading of what providers send beside the standard. Its id is kept with every event that rests on it. */
export interface Rule<Arguments extends readonly unknown[], Result> {
  readonly id: string;
  readonly profiles: readonly Profile[];
  readonly where: string;
  readonly says: string;
  readonly means: string;
  /** What is meant; undefined where the rule has nothing to say. Never writes to its arguments. */
  readonly read: (...args: Arguments) => Result | undefined;
}

type Description = Pick<Rule<[], never>, "profiles" | "where" | "says" | "means">;

export const rule = <Arguments extends readonly unknown[], Result>(
  id: string,
  description: Description,
  read: (...args: Arguments) => Result | undefined,
): Rule<Arguments, Result> => Object.freeze({ id, ...description, read });

/** The reading of one request: a profile, and the rules that had something to say. */
export class Normalisation {
  readonly profile: Profile;
  readonly work = new Work();
  readonly #applied = new Set<string>();

  constructor(profile: Profile) {
    this.profile = profile;
  }

  /** What the rule makes of its arguments, noted down; undefined if it is not of the profile or has nothing to say. */
  use<Arguments extends readonly unknown[], Result>(
    rule: Rule<Arguments, Result>,
    ...args: Arguments
  ): Result | undefined {
    const result = rule.profiles.includes(this.profile) ? rule.read(...args) : undefined;
    if (result !== undefined) this.#applied.add(rule.id);
    return result;
  }

  /** The ids of the rules applied, in the order of their first use. */
  get rules(): string[] {
    return [...this.#applied];
  }
}

/** A request as the strict engine reads it; the very same body if no rule applied. */
export interface Normalised {
  readonly body: unknown;
  readonly rules: readonly string[];
}
