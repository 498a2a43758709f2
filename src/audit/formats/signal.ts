// An event as other systems are told of it: one signal for each member that came or went. Ids, types and paths alone: what a
// system of others has copied, no erasure of ours reaches.
import type { DomainEvent } from "../../domain/event.ts";
import type { Happened } from "../effects/happened.ts";
import type { History } from "../sources.ts";
import { type Mapping, mappingOf, SUBGROUP } from "./mapping.ts";

/** What lines need beside the event. */
export interface Telling {
  /** This program's. */
  readonly version: string;
  /** The private enterprise number of whoever asks, where they named it. */
  readonly enterprise?: string | undefined;
}

export interface Signal {
  /** Of the event, and of the member where there are several. */
  readonly uid: string;
  readonly eventType: string;
  readonly mapping: Mapping;
  readonly tenant: string;
  readonly subject: { readonly type: string; readonly id: string };
  readonly member?: { readonly type: string; readonly id: string };
  readonly paths: readonly string[];
  readonly approval?: string;
  readonly happened: Happened;
}

/** The signals of what took effect at an event's place. */
export async function signalsOf(
  store: Pick<History, "lifetime">,
  tenant: string,
  happened: Happened,
): Promise<readonly Signal[]> {
  const signals: Signal[] = [];
  for (const event of happened.effects) {
    const mapping = mappingOf(event.type);
    if (mapping === undefined) continue;
    const members = membersOf(event);
    if (members === undefined) signals.push(signalOf(tenant, happened, event, mapping, signals.length));
    else
      for (const id of members) {
        const type = (await store.lifetime(tenant, id))?.type ?? "User";
        const activity = (type === "Group" ? SUBGROUP[mapping.activity[0]] : undefined) ?? mapping.activity;
        const signal = signalOf(tenant, happened, event, { ...mapping, activity }, signals.length);
        signals.push({ ...signal, member: { type, id } });
      }
  }
  return signals;
}

const membersOf = ({ type, data }: DomainEvent): readonly string[] | undefined =>
  type === "GroupMembersAdded" || type === "GroupMembersRemoved"
    ? (data as { readonly members: readonly string[] }).members
    : undefined;

function signalOf(tenant: string, happened: Happened, event: DomainEvent, mapping: Mapping, index: number): Signal {
  const { activity, envelope, effects } = happened;
  const { approval } = envelope.metadata;
  const isOne = effects.length === 1 && membersOf(event) === undefined;
  return {
    uid: isOne ? envelope.id : `${envelope.id}/${index}`,
    eventType: event.type,
    mapping,
    tenant,
    subject: subjectOf(happened, event),
    paths: activity.paths,
    ...(approval === undefined ? {} : { approval }),
    happened,
  };
}

/** Of the tenant's own events, the credential or group that they speak of. */
function subjectOf({ activity: { resourceType, resourceId } }: Happened, { data }: DomainEvent): Signal["subject"] {
  const { credential, group, groups } = data as { credential?: string; group?: string; groups?: readonly string[] };
  if (resourceType !== "Tenant") return { type: resourceType, id: resourceId };
  if (credential !== undefined) return { type: "Credential", id: credential };
  if (group !== undefined) return { type: "Group", id: group };
  return groups === undefined ? { type: "Tenant", id: resourceId } : { type: "Groups", id: groups.join(" ") };
}
