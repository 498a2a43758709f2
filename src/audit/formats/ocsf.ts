// OCSF 1.8.0: Account Change, Group Management and Entity Management of the category Identity & Access Management.
import { ordinalOf } from "../../eventlog/event-log.ts";
import { formatInstant } from "../answers/instant.ts";
import { CLASS_NAMES, CLASSES, MAPPING_VERSION } from "./mapping.ts";
import type { Signal, Telling } from "./signal.ts";

const OCSF_VERSION = "1.8.0";
const IAM = { uid: 3, name: "Identity & Access Management" };
/** user.type_id: a user, not an administrator or the system. */
const USER = 1;

/** One OCSF event as JSON text; `version` is this program's. */
export function ocsfLine(signal: Signal, { version }: Telling): string {
  const { mapping, happened, eventType, tenant, uid } = signal;
  const { activity, evidence } = happened;
  const [activityId, activityName] = mapping.activity;
  const classUid = CLASSES[mapping.class];
  return JSON.stringify({
    activity_id: activityId,
    activity_name: activityName,
    category_uid: IAM.uid,
    category_name: IAM.name,
    class_uid: classUid,
    class_name: CLASS_NAMES[mapping.class],
    type_uid: classUid * 100 + activityId,
    time: millis(activity.effectiveAt),
    severity_id: 1,
    severity: "Informational",
    status_id: 1,
    status: "Success",
    metadata: {
      version: OCSF_VERSION,
      uid,
      sequence: ordinalOf(activity.position),
      correlation_uid: evidence.requestId,
      tenant_uid: tenant,
      event_code: eventType,
      log_name: "activity",
      log_version: String(MAPPING_VERSION),
      logged_time: millis(activity.effectiveAt),
      original_time: formatInstant(activity.at),
      product: { name: "scim-ledger", vendor_name: "scim-ledger", version },
    },
    actor: { app_uid: evidence.actor.id, app_name: evidence.actor.name },
    ...objectsOf(signal),
    unmapped: { paths: signal.paths, ...(signal.approval === undefined ? {} : { approval: signal.approval }) },
  });
}

const millis = (micros: number): number => Math.floor(micros / 1_000);

function objectsOf({ mapping, subject, member }: Signal): object {
  switch (mapping.class) {
    case "account":
      return { user: { uid: subject.id, type_id: USER } };
    case "group":
      if (member === undefined) return { group: { uid: subject.id } };
      return member.type === "Group"
        ? { group: { uid: subject.id }, subgroup: { uid: member.id } }
        : { group: { uid: subject.id }, user: { uid: member.id, type_id: USER } };
    case "entity":
      return { entity: { uid: subject.id, type: subject.type } };
  }
}
