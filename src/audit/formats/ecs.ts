// Elastic Common Schema 9.3, one JSON document a line.
import { ordinalOf } from "../../eventlog/event-log.ts";
import { formatInstant } from "../answers/instant.ts";
import type { Signal, Telling } from "./signal.ts";

const ECS_VERSION = "9.3.0";

/** One ECS document as JSON text; `version` is this program's. */
export function ecsLine(signal: Signal, { version }: Telling): string {
  const { mapping, happened, eventType, tenant, uid, subject, member } = signal;
  const { activity, evidence } = happened;
  const users = [subject, ...(member === undefined ? [] : [member])].filter(({ type }) => type === "User");
  const group = subject.type === "Group" ? { group: { id: subject.id } } : {};
  const target = users[0] === undefined ? {} : { target: { id: users[0].id } };
  return JSON.stringify({
    "@timestamp": formatInstant(activity.effectiveAt),
    ecs: { version: ECS_VERSION },
    event: {
      kind: "event",
      category: ["iam"],
      type: mapping.type,
      action: mapping.action,
      code: eventType,
      id: uid,
      sequence: ordinalOf(activity.position),
      outcome: "success",
      provider: "scim-ledger",
      created: formatInstant(activity.at),
    },
    user: { id: evidence.actor.id, name: evidence.actor.name, ...target },
    ...group,
    related: { user: [evidence.actor.id, ...users.map(({ id }) => id)] },
    organization: { id: tenant },
    http: { request: { id: evidence.requestId } },
    observer: { vendor: "scim-ledger", product: "scim-ledger", version },
    labels: labelsOf(signal),
  });
}

function labelsOf({ subject, member, paths, approval }: Signal): Readonly<Record<string, string>> {
  return {
    resource_type: subject.type,
    resource_id: subject.id,
    ...(member === undefined ? {} : { member_type: member.type, member_id: member.id }),
    ...(paths.length === 0 ? {} : { paths: paths.join(" ") }),
    ...(approval === undefined ? {} : { approval }),
  };
}
