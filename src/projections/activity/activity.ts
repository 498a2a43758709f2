// `activity`: one row an event, who did what to whom, without personal values.
import type { Fact } from "../../domain/event.ts";
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
