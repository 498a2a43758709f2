// RFC 5424 syslog messages, one a line.
import type { Signal } from "./signal.ts";

/** Facility 13 (log audit), severity 6 (informational). */
const PRIORITY = 13 * 8 + 6;
/** RFC 5424 §7 asks for an enterprise number; this is the one that RFC 5612 keeps for documentation. */
const SD_ID = "scim-ledger@32473";

/** One message without its end; hosts and processes are not told, so that the same event is the same line. */
export function syslogLine(signal: Signal): string {
  const { happened, eventType, tenant, uid, subject, member, paths, approval } = signal;
  const { evidence } = happened;
  const parameters: Readonly<Record<string, string | undefined>> = {
    position: evidence.position,
    uid,
    tenant,
    actor: evidence.actor.id,
    actorName: evidence.actor.name,
    request: evidence.requestId,
    resourceType: subject.type,
    resource: subject.id,
    memberType: member?.type,
    member: member?.id,
    paths: paths.length === 0 ? undefined : paths.join(" "),
    approval,
  };
  const data = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${escaped(value)}"`],
  );
  const text = `${signal.mapping.action} ${subject.type} ${subject.id}${member === undefined ? "" : ` ${member.type} ${member.id}`}`;
  return `<${PRIORITY}>1 ${evidence.time} - scim-ledger - ${eventType} [${SD_ID}${data.join("")}] ${oneLine(text)}`;
}

/** RFC 5424 §6.3.3: these three are escaped. */
const escaped = (value: string): string =>
  oneLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("]", "\\]");

/** A control character would end the line, or forge another. */
const oneLine = (text: string): string =>
  [...text.toWellFormed()].map((one) => (one < " " || (one >= "\u007f" && one < "\u00a0") ? "\ufffd" : one)).join("");
