// Memberships that ended with their member's life. The service takes the dead out of their groups behind the deletion: what it
// says then had been so since.
import type { Position } from "../../eventlog/event-log.ts";
import type { Activity } from "../../readstore/read-store.ts";
import type { Stretch } from "../answers/window.ts";
import type { Happened } from "../effects/happened.ts";
import { happened, withoutPersonal } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";

/** Member → when it was deleted. */
export type Deaths = ReadonlyMap<string, Position>;

/** Of those whom an event takes out of a group, the ones who were dead by then. */
export async function deadIn({ store }: Sources, { activity, effects }: Happened): Promise<Deaths> {
  const removed = effects.flatMap((event) => (event.type === "GroupMembersRemoved" ? membersOf(event.data) : []));
  if (removed.length === 0) return NOBODY;
  const lives = await store.namedLives(activity.tenant, removed, activity.position);
  return new Map(
    [...lives.values()].flatMap(({ id, to }) => (to !== null && to < activity.position ? [[id, to] as const] : [])),
  );
}

const NOBODY: Deaths = new Map();

const membersOf = (data: unknown): readonly string[] => (data as { readonly members: readonly string[] }).members;

/** Events of a group that are looked at behind a stretch: the dead are taken out at once, or with the next start. */
const MOST_BEHIND = 200;

/** Members of a group who died in a stretch, and were taken out of it behind the stretch. */
export async function deathsBehind(
  sources: Sources,
  tenant: string,
  group: string,
  { after, until }: Stretch,
): Promise<Deaths> {
  const behind = await sources.store.activityOf(tenant, group, until, MOST_BEHIND);
  const removals = behind.filter(
    (one: Activity) => one.resourceId === group && one.eventType === "GroupMembersRemoved",
  );
  const deaths = new Map<string, Position>();
  for (const one of await happened(withoutPersonal(sources), removals))
    for (const [member, at] of await deadIn(sources, one)) if (at > after && at <= until) deaths.set(member, at);
  return deaths;
}
