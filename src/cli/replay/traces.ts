// `replay trace`, `what-if` and `revert-plan`: what some events did, what the world would be without them, and what would undo them.

import { type Names, refuseUnknown } from "../../audit/answers/known-names.ts";
import { displayAtOrLast } from "../../audit/answers/rows.ts";
import type { Stretch } from "../../audit/answers/window.ts";
import type { BlastRow } from "../../audit/effects/blast-row.ts";
import type { Happened } from "../../audit/effects/happened.ts";
import { Radius } from "../../audit/effects/radius.ts";
import type { Held } from "../../audit/holdings/holds.ts";
import { revertPlan } from "../../audit/replay/revert-plan.ts";
import { whatIf } from "../../audit/replay/what-if.ts";
import { added, changed, faint, removed, strong } from "../line.ts";
import { nameAndId } from "../name-and-id.ts";
import { printableJson } from "../printable.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import type { Replay } from "./open.ts";
import { type Said, sayRows } from "./said.ts";

/** Which events are meant: of a credential, of a request, in a stretch; together where several are given. */
export interface Which {
  readonly actor?: string | undefined;
  readonly request?: string | undefined;
  readonly stretch: Stretch;
}

const NAMES: Names = { actor: "credential", request: "request" };

/** Nothing of somebody who never was is a mistyped name. Throws ScimError. */
const refuseNobody = (sources: Replay["sources"], tenant: string, by: Pick<Which, "actor" | "request">) =>
  refuseUnknown(sources, tenant, NAMES, { actor: by.actor, request: by.request });

export async function sayTrace(
  { sources, through }: Replay,
  tenant: string,
  { stretch, ...by }: Which,
  said: Said,
): Promise<ExitCode> {
  const rows: BlastRow[] = [];
  for await (const batch of new Radius(sources, tenant, through).rows(stretch, by))
    rows.push(...batch.map(({ row }) => row));
  if (rows.length === 0) await refuseNobody(sources, tenant, by);
  const inForce = rows.filter((row) => row.inForce === true).length;
  const subjects = new Set(rows.map(({ subject }) => subject.id)).size;
  sayRows(said, rows, { subjects, "still in force": inForce }, (row) => {
    const { evidence, subject, effect, target, paths } = row;
    const what = [effect, target ?? paths.join(", ")].filter((text) => text !== "").join(" ");
    const force = row.inForce === null ? "" : row.inForce ? "in force" : row.regranted ? "granted anew" : "over";
    return [
      [
        `${evidence.time}  ${subject.type} ${nameAndId(subject.display, subject.id)}  `,
        strong(what),
        `  ${force}  `,
        faint(`position ${evidence.position}`),
      ],
    ];
  });
  return EXIT.ok;
}

export async function sayWhatIf(
  { sources, through }: Replay,
  tenant: string,
  { stretch, actor, request }: Which,
  until: Stretch["until"],
  said: Said,
): Promise<ExitCode> {
  const skips = ({ activity }: Happened) =>
    activity.position > stretch.after &&
    activity.position <= stretch.until &&
    (actor === undefined || activity.actor === actor) &&
    (request === undefined || activity.requestId === request);
  const delta = await whatIf(sources, tenant, until, skips);
  if (delta.skipped === 0) await refuseNobody(sources, tenant, { actor, request });
  const named = (change: "gained" | "lost") =>
    Promise.all(
      delta[change].map(async (held: Held) => ({
        change,
        ...held,
        subjectDisplay: await displayOf(sources, tenant, held.subject),
        targetDisplay: held.kind === "group" ? await displayOf(sources, tenant, held.target) : null,
      })),
    );
  const rows = [...(await named("gained")), ...(await named("lost"))];
  sayRows(said, rows, { "events left out": delta.skipped, "looked at": until < through ? until : through }, (row) => {
    const target = row.targetDisplay === null ? row.target : nameAndId(row.targetDisplay, row.target);
    const way = row.through === undefined ? "" : `  through ${row.through.slice(0, -1).join(", ")}`;
    const subject = nameAndId(row.subjectDisplay, row.subject);
    const text = `${subject}  ${row.kind} ${row.kind === "account" ? "" : target}${way}`.trimEnd();
    return [[row.change === "gained" ? removed(`  - ${text}`) : added(`  + ${text}`)]];
  });
  return EXIT.ok;
}

async function displayOf(sources: Replay["sources"], tenant: string, id: string): Promise<string | null> {
  const life = await sources.store.lifetime(tenant, id);
  return life === undefined ? null : displayAtOrLast(sources, tenant, life, await sources.store.position());
}

export async function sayRevertPlan(
  { sources, through }: Replay,
  tenant: string,
  { stretch, ...by }: Which,
  said: Said,
): Promise<ExitCode> {
  const operations = await revertPlan(sources, tenant, through, stretch, by);
  if (operations.length === 0) await refuseNobody(sources, tenant, by);
  sayRows(
    said,
    operations,
    { applied: "nothing: this is a list for review" },
    ({ method, path, body, bulkId, undoes, note }) => [
      [
        strong(method === undefined ? path : `${method} ${path}`),
        `  ${bulkId === undefined ? "" : `as bulkId:${bulkId}  `}`,
        faint(`undoes position ${undoes}`),
      ],
      ...(body === undefined ? [] : [`  ${printableJson(body)}`]),
      ...(note === undefined ? [] : [[changed(`  ! ${note}`)]]),
    ],
  );
  return EXIT.ok;
}
