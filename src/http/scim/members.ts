// The members of a group, page by page: a group of 100 000 is never in memory as a whole.
import type { Position } from "../../eventlog/event-log.ts";
import { type Member, mayGoOn, type ReadStore } from "../../readstore/read-store.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import { groupType } from "../../scim/schema/resource-types.ts";
import { isSelected, type Selection } from "../../scim/selection.ts";
import type { JsonStream } from "../json-stream.ts";
import type { Readable, Representation } from "./representation.ts";

const PAGE = 1_000;
const membersPath = resolvePath(groupType, "members")!;

export const wantsMembers = (selection: Selection): boolean =>
  selection.type.id === groupType.id && isSelected(selection, membersPath);

export interface GroupReader {
  readonly readStore: ReadStore;
  readonly representation: Representation;
}

/** Writes a group with its members as of a position; a group that has none has no `members`. */
export async function writeGroup(
  stream: JsonStream,
  { readStore, representation }: GroupReader,
  group: Readable & { readonly tenant: string },
  selection: Selection,
  position: Position,
): Promise<void> {
  await stream.write(representation.selected(group, selection).slice(0, -1));
  let after: string | null = null;
  let separator = ',"members":[';
  let page: readonly Member[];
  do {
    page = await readStore.members(group.tenant, group.id, after, PAGE, position);
    const text = representation.membersText(page, selection);
    if (text !== "") {
      await stream.write(separator + text);
      separator = ",";
    }
    after = page.at(-1)?.value ?? null;
  } while (mayGoOn(page, PAGE) && !stream.isHead);
  await stream.write(separator === "," ? "]}" : "}");
}
