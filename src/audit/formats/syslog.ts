// RFC 5424 syslog messages, one a line.
import type { Signal, Telling } from "./signal.ts";

/** Facility 13 (log audit), severity 6 (informational). */
const PRIORITY = 13 * 8 + 6;
const NIL = "-";

/**
 * One message without its end; hosts and processes are not told, so that the same event is the same line. Structured data of
 * one's own stands under a private enterprise number (RFC 5424 §6.3.2): whoever names none gets the same in the message.
 */
export function syslogLine(signal: Signal, { enterprise }: Telling): string {
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
    value === undefined ? [] : [`${name}="${escaped(value)}"`],
  );
  const text = `${signal.mapping.action} ${subject.type} ${subject.id}${member === undefined ? "" : ` ${member.type} ${member.id}`}`;
  const [structured, said] =
    enterprise === undefined
      ? [NIL, [oneLine(text), ...data].join(" ")]
      : [`[${[`scim-ledger@${enterprise}`, ...data].join(" ")}]`, oneLine(text)];
  return `<${PRIORITY}>1 ${evidence.time} - scim-ledger - ${eventType} ${structured} ${said}`;
}

/** RFC 5424 §6.3.3: these three are escaped. */
const escaped = (value: string): string =>
  oneLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("]", "\\]");

/** A control character would end the line, or forge another. */
const oneLine = (text: string): string =>
  [...text.toWellFormed()].map((one) => (one < " " || (one >= "\u007f" && one < "\u00a0") ? "\ufffd" : one)).join("");
