// Who wrote what a resource says: the last writer of each attribute, and of each element of a multi-valued one.
import { z } from "zod";
import { type Position, START } from "../../eventlog/event-log.ts";
import { mayGoOn } from "../../readstore/read-store.ts";
import type { Json } from "../../scim/json.ts";
import { isWithin, pathOf } from "../answers/attribute.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id, instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { describeSubject, type Subject, subjectOf, typeOf } from "../answers/subject.ts";
import { paged } from "../answers/window.ts";
import { type Provenance, provenance, provenanceAt, provenanceOf } from "../effects/evidence.ts";
import { happened, toldBy } from "../effects/happened.ts";
import { shownChanges } from "../effects/secrets.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

const blameRow = z.strictObject({
  path: z.string(),
  element: z.string().optional(),
  member: z.string().optional(),
  value: z.json().optional(),
  written: provenance,
});
export type BlameRow = z.output<typeof blameRow>;

export const blame = question(
  "blame",
  {
    number: [24],
    asks: "Which event last wrote each attribute of a user or group, by which credential and request?",
    route: "/:type/:id/blame",
    parameters: z.strictObject({
      type: z.string(),
      id,
      asOf: instant.optional(),
      /** One attribute alone; `members` of a group: who let each member in. */
      attribute: z.string().optional(),
      ...paged,
    }),
    row: blameRow,
    golden: "each element of a multi-valued attribute has its own writer",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 1);
    const subject = await subjectOf(sources, tenant, given.type, given.id);
    const rows = writersAt(sources, subject, position, given.attribute, cursor?.parts[0]);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      subject: await describeSubject(sources, subject, position),
      content: pageOf(rows, position, given.limit),
    };
  },
);

/** Who wrote what stands at a position; of what was over by then, what stood last. Throws ScimError. */
export function writersAt(
  sources: Sources,
  subject: Subject,
  position: Position,
  attribute: string | undefined,
  passed?: string,
): AsyncGenerator<Placed & { readonly row: BlameRow }> {
  const until = subject.to !== null && subject.to <= position ? preceding(subject.to) : position;
  if (subject.type === "Group" && attribute === "members") return memberRows(sources, subject, until, passed);
  const path = attribute === undefined ? undefined : pathOf(typeOf(sources, subject), attribute);
  return attributeRows(sources, subject, until, path, passed);
}

async function* attributeRows(
  sources: Sources,
  subject: Subject,
  until: Position,
  attribute: string | undefined,
  passed: string | undefined,
): AsyncGenerator<Placed & { readonly row: BlameRow }> {
  const first = passed === undefined ? 0 : Number(passed) + 1;
  if (!Number.isSafeInteger(first) || first < 0) throw foreignCursor();
  const rows = [...(await written(sources, subject, until)).values()];
  for (const [index, row] of rows.entries())
    if (index >= first && (attribute === undefined || isWithin(row.path, attribute)))
      yield { row, place: [String(index)] };
}

const AT_ONCE = 500;

/** The last writer of each value that stands at a position; in the order of attributes' first writing. */
async function written(
  sources: Sources,
  { tenant, id: of }: Subject,
  until: Position,
): Promise<ReadonlyMap<string, BlameRow>> {
  const rows = new Map<string, BlameRow>();
  for (let after: Position = START; ; ) {
    const batch = await sources.store.activityOf(tenant, of, after, AT_ONCE, until);
    for (const one of await happened(
      sources,
      batch.filter(({ resourceId }) => resourceId === of),
    ))
      for (const event of one.effects)
        for (const change of shownChanges(one.type, toldBy(event, one.type).changes))
          write(rows, change, provenanceOf(one.envelope, one.evidence));
    if (batch.length < AT_ONCE) return rows;
    after = batch.at(-1)!.position;
  }
}

function write(
  rows: Map<string, BlameRow>,
  { path, element, after }: { path: string; element?: string | undefined; after?: Json | undefined },
  writer: Provenance,
): void {
  const key = `${path} ${element ?? ""}`;
  if (after === undefined) rows.delete(key);
  else rows.set(key, { path, ...(element === undefined ? {} : { element }), value: after, written: writer });
}

const MEMBERS_AT_ONCE = 200;

async function* memberRows(
  sources: Sources,
  { tenant, id: group }: Subject,
  until: Position,
  passed: string | undefined,
): AsyncGenerator<Placed & { readonly row: BlameRow }> {
  const holdings = new Holdings(sources.store, tenant, until, until);
  for (let last = passed ?? null; ; ) {
    const batch = await sources.store.members(tenant, group, last, MEMBERS_AT_ONCE, until);
    const since = new Map<string, Position>();
    for (const { value } of batch)
      for (const held of await holdings.read(value))
        if (held.kind === "group" && held.target === group && holdsAt(held, until)) since.set(value, held.from);
    const proofs = await provenanceAt(sources, since.values());
    for (const [member, from] of since) {
      const row: BlameRow = { path: "members", member, written: proofs.get(from)! };
      yield { row, place: [member] };
    }
    if (!mayGoOn(batch, MEMBERS_AT_ONCE)) return;
    last = batch.at(-1)!.value;
  }
}
