// `activity`: one row an event, who did what to whom, without personal values.
import type { DomainEvent, Fact } from "../../domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../../domain/events.ts";
import type { Told } from "../../readstore/happenings.ts";
import type { ActivityRow, Touch } from "../../readstore/view-writer.ts";
import type { Step } from "../open-changes.ts";
import { movesDocument, movesMembers } from "../resources/resources.ts";

/** `resource` is the place of the resource's creation, where it exists. */
export function activityOf(step: Step, resource: number | undefined): ActivityRow {
  const { place, effectiveAt, envelope, key } = step;
  const { metadata } = envelope;
  const { profile, client } = metadata;
  return {
    place,
    effectiveAt,
    at: envelope.at,
    eventId: envelope.id,
    eventType: envelope.type,
    key,
    ...(resource === undefined ? {} : { resource }),
    revision: envelope.revision,
    actor: metadata["actor"] ?? "",
    credential: {
      name: metadata["actorName"] ?? "",
      kind: metadata["actorKind"] ?? "",
      ...(profile === undefined ? {} : { profile }),
    },
    ...(client === undefined ? {} : { client }),
    requestId: metadata["$correlationId"] ?? "",
    paths: pathsOf(step),
    touch: touchOf(step),
    ...toldBy(step),
  };
}

const touchOf = (step: Step): Touch => (movesDocument(step) ? "attributes" : movesMembers(step) ? "members" : "none");

/** Of what took effect: the parts of a large change are told by its completion. */
function pathsOf({ effects }: Step): readonly string[] {
  if (effects.length === 1) return pathsOfFact(effects[0]!);
  return [...new Set(effects.flatMap(pathsOfFact))];
}

const ACTIVE: readonly string[] = ["active"];
const MEMBERS: readonly string[] = ["members"];
const NONE: readonly string[] = [];

function pathsOfFact({ event }: Fact): readonly string[] {
  switch (event.type) {
    case "UserDeactivated":
    case "UserReactivated":
      return ACTIVE;
    case "GroupMembersAdded":
    case "GroupMembersRemoved":
      return MEMBERS;
    default:
      return (event.data as { readonly paths?: readonly string[] } | undefined)?.paths ?? NONE;
  }
}

/** UTF-16 units of what one row tells: the log has what is longer. */
const LONGEST = 1_000;

/** What takes effect with other events is told by none of them. */
function toldBy({ fact, effects }: Step): { readonly told?: Told } {
  const told = effects.length === 1 && effects[0] === fact ? toldIn(fact.event) : undefined;
  return told === undefined || JSON.stringify(told).length > LONGEST ? {} : { told };
}

function toldIn(event: DomainEvent): Told | undefined {
  const named = event as UserEvent | GroupEvent;
  switch (named.type) {
    case "GroupCreated":
    case "GroupAttributesChanged":
      return {};
    case "GroupMembersAdded":
    case "GroupMembersRemoved":
      return { members: named.data.members };
    case "UserCreated":
      return heldIn(named.data.granted, []);
    case "UserAttributesChanged":
      return heldIn(named.data.granted, named.data.revoked);
    default:
      return undefined;
  }
}

function heldIn(granted: readonly GrantedValue[], revoked: readonly GrantedValue[]): Told | undefined {
  if (granted.length + revoked.length === 0) return undefined;
  const held = ({ attribute, value }: GrantedValue) => ({ attribute, value });
  return { granted: granted.map(held), revoked: revoked.map(held) };
}
