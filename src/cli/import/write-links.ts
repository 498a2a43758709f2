// What refers to others, once these are there: managers of users; owners, where a schema has such, and members of groups.
import { concurrently } from "../pull/concurrently.ts";
import type { Row } from "../pull/snapshot.ts";
import { transaction } from "../pull/work-file.ts";
import type { Kind } from "../scim-client/discovery.ts";
import { Refused } from "../scim-client/errors.ts";
import { referenceDifference } from "./core/difference.ts";
import { memberChange, wantedMembers } from "./core/members.ts";
import { project, type Reference } from "./core/project.ts";
import { MemberWriter } from "./member-writer.ts";
import { idIn } from "./target.ts";
import { refuseWhenStopped, type WriteContext } from "./write-context.ts";

/** A group may have so many members that few of them fit in memory. */
const AT_ONCE: Readonly<Record<Kind, number>> = { User: 40, Group: 4 };

/** Throws Stopped, ServerUnusable; what fails with one resource is its outcome. */
export async function writeLinks(kind: Kind, context: WriteContext): Promise<void> {
  const { snapshot, concurrency, onProgress } = context;
  const all = snapshot.count(kind);
  let done = 0;
  for (let after = 0; ; ) {
    refuseWhenStopped(context);
    const rows = snapshot.rows(kind, "to link", after, AT_ONCE[kind]);
    const last = rows.at(-1);
    if (last === undefined) return;
    const current = await currentReferences(kind, rows, context);
    await concurrently(rows, concurrency, async (row) => {
      refuseWhenStopped(context);
      if (current instanceof Refused) snapshot.fail(row.ordinal, current.message);
      else await writeOne(row, current.get(row.ordinal) ?? [], context);
      onProgress(kind === "User" ? "Writing managers" : "Writing members", ++done, all);
    });
    after = last.ordinal;
  }
}

/** What those refer to that were there before, by ordinal; or why the target does not say. */
async function currentReferences(
  kind: Kind,
  rows: readonly Row[],
  context: WriteContext,
): Promise<ReadonlyMap<number, readonly Reference[]> | Refused> {
  const { target, links } = context;
  const byTarget = new Map<string, Row>();
  for (const row of rows) {
    const mayRefer = context.exact || project(target.types[kind], row.body).references.length > 0;
    if (row.outcome !== "created" && mayRefer) byTarget.set(links.targetOf(kind, row.sourceId)!, row);
  }
  const terms = [...byTarget.keys()].map((value) => ({ attribute: "id", value }) as const);
  const found = await target.find(kind, terms).catch(orRefused);
  if (found instanceof Refused) return found;
  const references = new Map<number, readonly Reference[]>();
  for (const resource of found) {
    const row = byTarget.get(idIn(resource) ?? "");
    if (row !== undefined) references.set(row.ordinal, project(target.types[kind], resource).references);
  }
  return references;
}

function orRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  throw error;
}

async function writeOne(row: Row, current: readonly Reference[], context: WriteContext): Promise<void> {
  const { database, snapshot, notes, links } = context;
  const id = links.targetOf(row.kind, row.sourceId)!;
  try {
    const missing = new Map<string, number>();
    const changed = await writeReferences(row, id, current, missing, context);
    const counts = row.kind === "Group" ? await writeMembers(row, id, missing, context) : undefined;
    transaction(database, () => {
      snapshot.linked(row.ordinal, changed || (counts?.added ?? 0) + (counts?.removed ?? 0) > 0);
      for (const [reason, count] of missing) notes.add("member", reason, count);
      for (const [what, count] of Object.entries(counts ?? {})) notes.add("membership", what, count);
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    snapshot.fail(row.ordinal, error.message);
  }
}

/** Whether anything was changed. */
async function writeReferences(
  row: Row,
  id: string,
  current: readonly Reference[],
  missing: Map<string, number>,
  { target, links, exact }: WriteContext,
): Promise<boolean> {
  const targetOf = (source: string) => links.targetOf("User", source) ?? links.targetOf("Group", source);
  const wanted: Reference[] = [];
  let isWhole = true;
  for (const { path, multiValued, ids } of project(target.types[row.kind], row.body).references) {
    const known = ids.flatMap((source) => targetOf(source) ?? []);
    if (known.length > 0) wanted.push({ path, multiValued, ids: multiValued ? known : known.slice(0, 1) });
    if (known.length === ids.length) continue;
    isWhole = false;
    const reason = `${path}: nobody who was moved has its id`;
    missing.set(reason, (missing.get(reason) ?? 0) + ids.length - known.length);
  }
  // Where somebody could not be found, the reference that stands at the target may be to them: nothing is removed.
  const operations = referenceDifference(wanted, current, { exact: exact && isWhole });
  if (operations.length > 0) await target.change(row.kind, id, operations);
  return operations.length > 0;
}

type MemberCounts = Readonly<Record<"added" | "present" | "removed", number>>;

async function writeMembers(
  row: Row,
  id: string,
  missing: Map<string, number>,
  context: WriteContext,
): Promise<MemberCounts> {
  const { target, links, exact } = context;
  const wanted = wantedMembers(row.body, id, (kind, source) => links.targetOf(kind, source));
  for (const [reason, count] of wanted.missing) missing.set(reason, count);
  const current = row.outcome === "created" ? new Set<string>() : await target.members(id);
  const change = memberChange(wanted.ids, current, { exact: exact && wanted.missing.size === 0 });
  const writer = new MemberWriter(id, target, () => refuseWhenStopped(context));
  const added = await writer.write("add", change.add, missing);
  const removed = await writer.write("remove", change.remove, missing);
  return { added, present: wanted.ids.size - change.add.length, removed };
}
