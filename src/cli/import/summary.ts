// What a pass came to, as data and as lines.
import type { DatabaseSync } from "node:sqlite";
import { oneLine } from "../printable.ts";
import type { Outcome, Snapshot } from "../pull/snapshot.ts";
import type { Kind } from "../scim-client/discovery.ts";
import { textTable } from "../table.ts";
import { sayCount, saySeconds } from "../units.ts";
import type { Note, Notes } from "./notes.ts";
import { type TroubleKind, troublesByReason } from "./troubles.ts";
import type { Vanished } from "./vanished.ts";

const OUTCOMES: readonly Outcome[] = ["created", "changed", "matched", "skipped", "failed"];
type Counts = Readonly<Record<Outcome, number>>;

/** The example of a line is its number. */
export interface SummaryProblem extends TroubleKind {
  readonly kind: Kind | "Line";
}

export interface Summary {
  readonly dryRun: boolean;
  readonly seconds: number;
  readonly users: Counts;
  readonly groups: Counts;
  readonly memberships: {
    readonly added: number;
    readonly present: number;
    readonly removed: number;
    readonly missing: number;
  };
  /** Lines of a file that are no resources. */
  readonly badLines: number;
  /** Resources that the source counted and never sent. */
  readonly unseen: number;
  readonly vanished: Vanished;
  readonly problems: readonly SummaryProblem[];
  readonly missingMembers: readonly Note[];
  readonly droppedAttributes: readonly Note[];
}

/** Reasons that are told apart, of each kind. */
const MOST_REASONS = 50;

export interface SummaryParts {
  readonly database: DatabaseSync;
  readonly snapshot: Snapshot;
  readonly notes: Notes;
  readonly dryRun: boolean;
  readonly seconds: number;
  readonly badLines: readonly { readonly line: number; readonly reason: string }[];
  readonly unseen: number;
  readonly vanished: Vanished;
}

export function summaryOf(parts: SummaryParts): Summary {
  const { database, snapshot, notes, badLines, dryRun, seconds, unseen, vanished } = parts;
  const membership = new Map(notes.all("membership").map(({ note, count }) => [note, count]));
  const missingMembers = notes.all("member");
  const problemsOf = (kind: Kind): SummaryProblem[] =>
    troublesByReason(database, kind, MOST_REASONS).map((problem) => ({ kind, ...problem }));
  return {
    dryRun,
    seconds,
    users: countsOf(snapshot, "User"),
    groups: countsOf(snapshot, "Group"),
    memberships: {
      added: membership.get("added") ?? 0,
      present: membership.get("present") ?? 0,
      removed: membership.get("removed") ?? 0,
      missing: missingMembers.reduce((sum, { count }) => sum + count, 0),
    },
    badLines: badLines.length,
    unseen,
    vanished,
    problems: [...problemsOf("User"), ...problemsOf("Group"), ...lineProblems(badLines)],
    missingMembers,
    droppedAttributes: notes.all("attribute"),
  };
}

const countsOf = (snapshot: Snapshot, kind: Kind): Counts => ({
  created: 0,
  changed: 0,
  matched: 0,
  skipped: 0,
  failed: 0,
  ...snapshot.counts(kind),
});

function lineProblems(lines: SummaryParts["badLines"]): SummaryProblem[] {
  const byReason = new Map<string, SummaryProblem>();
  for (const { line, reason } of lines) {
    const before = byReason.get(reason);
    const first = before ?? { kind: "Line", outcome: "failed", reason, count: 0, example: String(line) };
    byReason.set(reason, { ...first, count: first.count + 1 });
  }
  return [...byReason.values()];
}

/** Whether all that the source has is at the target now. */
export const isWhole = ({ users, groups, badLines, unseen, vanished }: Summary): boolean =>
  users.failed + users.skipped + groups.failed + groups.skipped + badLines + unseen === 0 &&
  vanished.refused === undefined;

/** One line, for passes that come again and again. */
export function lineOf({ users, groups, memberships, vanished, seconds }: Summary): string {
  const kind = (name: string, counts: Counts): string =>
    `${name}: ${OUTCOMES.filter((one) => counts[one] > 0 || one === "created" || one === "changed")
      .map((one) => `${one} ${counts[one]}`)
      .join(", ")}`;
  const gone = vanished.users + vanished.groups;
  return [
    kind("users", users),
    kind("groups", groups),
    `memberships: added ${memberships.added}, removed ${memberships.removed}, missing ${memberships.missing}`,
    ...(gone > 0 ? [`not at the source any more: ${gone}, disabled ${vanished.disabled}`] : []),
    ...(vanished.refused === undefined ? [] : [vanished.refused]),
    `in ${saySeconds(seconds)}`,
  ].join("; ");
}

/** For people, at the end of a run: each text is one line, whatever the names in it. */
export function reportOf(summary: Summary): readonly string[] {
  const { users, groups, memberships, vanished, seconds, dryRun, unseen, problems } = summary;
  const row = (name: string, counts: Counts): string[] => [name, ...OUTCOMES.map((one) => sayCount(counts[one]))];
  const lines = [
    dryRun
      ? `This is what an import would do; nothing was written (${saySeconds(seconds)}).`
      : `Done in ${saySeconds(seconds)}.`,
    "",
    ...textTable([["", ...OUTCOMES], row("users", users), row("groups", groups)]),
    "",
    `Memberships: ${sayCount(memberships.added)} added, ${sayCount(memberships.present)} there already, ` +
      `${sayCount(memberships.removed)} removed, ${sayCount(memberships.missing)} missing.`,
  ];
  if (unseen > 0) lines.push(`The source counts ${sayCount(unseen)} more than it sent: it changed while it was read.`);
  if (vanished.users + vanished.groups > 0)
    lines.push(
      `Not at the source any more: ${sayCount(vanished.users)} users (${sayCount(vanished.disabled)} of them disabled now), ${sayCount(vanished.groups)} groups.`,
    );
  if (vanished.refused !== undefined) lines.push(`Not all of them were disabled: ${vanished.refused}`);
  for (const { kind, outcome, reason, count, example } of problems)
    lines.push(`${outcome}: ${sayCount(count)} × ${kind.toLowerCase()}, ${reason} (such as ${example})`);
  for (const { note, count } of summary.missingMembers) lines.push(`missing: ${sayCount(count)} × ${note}`);
  for (const { note, count } of summary.droppedAttributes) lines.push(`not copied: ${sayCount(count)} × ${note}`);
  return lines.map(oneLine);
}
