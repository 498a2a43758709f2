// A membership has two ends: who has the attribute (`groups` of a member, `members` of a group), and who its elements name.
import type { MemberDocument } from "../documents.ts";
import type { Asker } from "../lists/others.ts";
import { stands } from "../reading/past.ts";

/** Rows of memberships that are held at once. */
const ROWS = 5_000;

/** Fields of a row of `members`: the end that has the attribute, and the one that its elements name. */
export const endsOf = (
  on: "groups" | "members",
): { readonly mine: "grp" | "member"; readonly other: "grp" | "member" } =>
  on === "groups" ? { mine: "member", other: "grp" } : { mine: "grp", other: "member" };

/** The memberships of some resources, in bounded portions. */
export async function* rowsOf(
  { reading, place }: Asker,
  on: "groups" | "members",
  rids: readonly number[],
): AsyncGenerator<readonly Pick<MemberDocument, "grp" | "member">[]> {
  const { mine, other } = endsOf(on);
  const portions = reading.portions<MemberDocument>(
    reading.views.members,
    { [mine]: { $in: rids }, ...stands(place) },
    { projection: { _id: 0, [mine]: 1, [other]: 1 } },
    ROWS,
  );
  yield* portions;
}
