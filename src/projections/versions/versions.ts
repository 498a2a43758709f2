// `versions`: the states of a resource's own attributes that have been superseded, so that any filter works as of any
// instant. A change of members supersedes none: version and time as of an instant come from `activity`.

import type { Fact } from "../../domain/event.ts";
import { UserErased, type UserEvent } from "../../domain/events.ts";
import { evolve, type UserState } from "../../domain/user.ts";
import type { PastVersion } from "../../readstore/view-writer.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Step } from "../open-changes.ts";
import { userDocument, userStateOf } from "../resources/document.ts";
import { movesDocument, type Projected } from "../resources/resources.ts";

/** The version that a step supersedes. */
export function superseded(before: Projected | undefined, step: Step): PastVersion | undefined {
  if (before === undefined || !movesDocument(step)) return undefined;
  const { from, since, body, side, shadow } = before.document;
  if (since === step.place) return undefined;
  return { key: step.key, resource: from, since, until: step.place, body, side, shadow };
}

/** A past version of an erased person: the same as folding the history without its key. */
export function erasedVersion(version: PastVersion, type: ResourceType): PastVersion {
  const { key, body, side } = version;
  const known = { id: key.id, body, side, revision: 0, version: 0, createdAt: 0, modifiedAt: 0, deleted: false };
  const erased: UserState = evolve(userStateOf(known), forgetting, type);
  const document = userDocument(key.id, erased, type);
  return { ...version, body: document.body, side: document.side, shadow: JSON.stringify(document.shadow) };
}

const forgetting: Fact<UserEvent> = { event: UserErased({ keys: ["any"] }), revision: 0, at: 0 };
