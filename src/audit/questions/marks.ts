// Which groups were marked privileged, and which pairs mutually exclusive, at an instant.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { level, positionAt } from "../answers/moment.ts";
import { pageOf } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { named, namedAt } from "../answers/rows.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { holdsAt } from "../holdings/intervals.ts";
import { type MarkPeriod, markPeriods } from "../holdings/mark-periods.ts";
import type { Sources } from "../sources.ts";

const markRow = z.strictObject({
  kind: z.enum(["privileged", "exclusive"]),
  groups: z.array(named),
  marked: evidence,
});

export const marks = question(
  "marks",
  {
    number: [16, 17],
    asks: "Which groups were marked privileged, and which pairs mutually exclusive, since when and by whom?",
    route: "/marks",
    parameters: z.strictObject({ asOf: instant.optional() }),
    row: markRow,
    golden: "a mark that was taken back stood until then",
  },
  async ({ asOf }, tenant, sources) => {
    const through = await level(sources);
    const position = await positionAt(sources, through, asOf);
    const periods = (await markPeriods(sources, tenant, position)).filter((one) => holdsAt(one, position));
    return {
      ...(asOf === undefined ? {} : { asOf }),
      position,
      through,
      content: pageOf(rowsOf(sources, tenant, periods, position), position),
    };
  },
);

async function* rowsOf(sources: Sources, tenant: string, periods: readonly MarkPeriod[], position: Position) {
  const proofs = await evidenceAt(
    sources,
    periods.map(({ from }) => from),
  );
  for (const { kind, groups, from } of periods) {
    const names = await Promise.all(groups.map((group) => namedAt(sources, tenant, "Group", group, position)));
    yield { row: { kind, groups: names, marked: proofs.get(from)! } satisfies z.output<typeof markRow>, place: [] };
  }
}
