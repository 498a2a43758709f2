import { Work } from "../work.ts";
import { type Dialect, type Profile, profiles } from "./profile.ts";

/** One reading of what providers send beside the standard. Its id is kept with every event that rests on it. */
export interface Rule<Arguments extends readonly unknown[], Result> {
  readonly id: string;
  readonly profiles: readonly Dialect[];
  readonly where: string;
  readonly says: string;
  readonly means: string;
  /** What is meant; undefined where the rule has nothing to say. Never writes to its arguments. */
  readonly read: (...args: Arguments) => Result | undefined;
}

type Description = Pick<Rule<[], never>, "profiles" | "where" | "says" | "means">;

/** Whose requests need a rule. The profile `lenient` has them all. */
export const sentBy = (...dialects: readonly Exclude<Dialect, "lenient">[]): readonly Dialect[] => [
  ...dialects,
  "lenient",
];

export const rule = <Arguments extends readonly unknown[], Result>(
  id: string,
  description: Description,
  read: (...args: Arguments) => Result | undefined,
): Rule<Arguments, Result> => Object.freeze({ id, ...description, read });

/** The reading of one request: a profile, and the rules that had something to say. */
export class Normalisation {
  readonly profile: Profile;
  /** Whether the profile takes nothing beyond the standard: then there is no rule to ask. */
  readonly isStrict: boolean;
  readonly work = new Work();
  readonly #applied = new Set<string>();

  constructor(profile: Profile) {
    this.profile = profile;
    this.isStrict = profiles[profile].strict === true;
  }

  /** What the rule makes of its arguments, noted down; undefined if it is not of the profile or has nothing to say. */
  use<Arguments extends readonly unknown[], Result>(
    rule: Rule<Arguments, Result>,
    ...args: Arguments
  ): Result | undefined {
    if (this.isStrict || !rule.profiles.includes(this.profile as Dialect)) return undefined;
    const result = rule.read(...args);
    if (result !== undefined) this.#applied.add(rule.id);
    return result;
  }

  /** The ids of the rules applied, in the order of their first use. */
  get rules(): string[] {
    return [...this.#applied];
  }
}
