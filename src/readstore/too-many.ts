import { tooMany } from "../scim/errors.ts";
import { indexedPathsOf } from "./indexed-paths.ts";
import type { Listed } from "./read-store.ts";

/** What memberships say that could not be looked at by the deadline; `orElse`: what helps beside a filter. */
export const tooManyMemberships = (orElse: string): Error =>
  tooMany(`there are too many memberships to look at in time; filter by group.value or member.value, or ${orElse}`);

/** What a list says that was given up at its deadline, and what would make it answerable. */
export function tooManyFor({ of }: Listed): Error {
  const names = of.map(({ type }) => type.name);
  const indexed = new Set(of.flatMap(({ type }) => indexedPathsOf(type).map(({ text }) => text)));
  return tooMany(
    `every ${names.join(" and ")} would have to be compared one by one, and that was given up; narrow the filter by joining it with “and” to a term of eq or sw on ${[...indexed, "id"].join(", ")}`,
  );
}
