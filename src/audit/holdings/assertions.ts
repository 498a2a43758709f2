// What others asserted, as it was known at a position: the second axis of time. The last assertion of a fact counts, whatever
// time it speaks of; one without a time takes the fact back.
import type { AssertionEvent } from "../../domain/events.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import type { Evidence } from "../effects/evidence.ts";
import { recordsIn } from "../effects/records.ts";
import type { Sources } from "../sources.ts";

export interface Asserted {
  /** Microseconds. */
  readonly at: number;
  readonly source: string;
  /** Who handed it in, when. */
  readonly evidence: Evidence;
}

export interface Employment {
  readonly joins?: Asserted;
  readonly leaves?: Asserted;
}

/** By the user's id, in the order in which they were first spoken of; of one source alone where it is named. */
export async function employmentsAt(
  sources: Sources,
  tenant: string,
  known: Position,
  source?: string,
): Promise<ReadonlyMap<string, Employment>> {
  const employments = new Map<string, Employment>();
  const stretch = { after: START, until: known };
  for await (const { event, evidence } of recordsIn<AssertionEvent>(sources, tenant, "assertion", stretch)) {
    if (event.type !== "DateAsserted" || (source !== undefined && event.data.source !== source)) continue;
    const { user, kind, at, source: by } = event.data;
    const { [kind]: _, ...others } = employments.get(user) ?? {};
    employments.set(user, at === null ? others : { ...others, [kind]: { at, source: by, evidence } });
  }
  return employments;
}

/** The sources of all dates that were known at a position. */
export async function sourcesOfDates(sources: Sources, tenant: string, known: Position): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const stretch = { after: START, until: known };
  for await (const { event } of recordsIn<AssertionEvent>(sources, tenant, "assertion", stretch))
    if (event.type === "DateAsserted") found.add(event.data.source);
  return found;
}

/** Why questions about joiners and leavers have no answer, where nobody had asserted a date by a position. */
export async function noDates(sources: Sources, tenant: string, known: Position): Promise<{ noSource?: string }> {
  for await (const { event } of recordsIn<AssertionEvent>(sources, tenant, "assertion", { after: START, until: known }))
    if (event.type === "DateAsserted") return {};
  return { noSource: "no source of dates is connected: nobody had asserted when somebody joins or leaves" };
}

/** By the reference that requests carry. */
export async function approvalsAt(
  sources: Sources,
  tenant: string,
  known: Position,
): Promise<ReadonlyMap<string, Asserted>> {
  const approvals = new Map<string, Asserted>();
  const stretch = { after: START, until: known };
  for await (const { event, evidence } of recordsIn<AssertionEvent>(sources, tenant, "assertion", stretch)) {
    if (event.type !== "ApprovalAsserted") continue;
    const { approval, at, source } = event.data;
    if (at === null) approvals.delete(approval);
    else approvals.set(approval, { at, source, evidence });
  }
  return approvals;
}

/** Whether somebody has left by an instant, and not come back by then. */
export const hasLeft = ({ joins, leaves }: Employment, instant: number): boolean =>
  leaves !== undefined && leaves.at <= instant && !(joins !== undefined && joins.at > leaves.at && joins.at <= instant);
