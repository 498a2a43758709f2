// What was known at one instant about another: the dates that others asserted, then and now, side by side.
import { z } from "zod";
import { formatInstant } from "../answers/instant.ts";
import { level, positionAt } from "../answers/moment.ts";
import { pageOf } from "../answers/page.ts";
import { id, instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { describeSubject, subjectOf } from "../answers/subject.ts";
import { evidence } from "../effects/evidence.ts";
import { type Asserted, type Employment, employmentsAt, hasLeft } from "../holdings/assertions.ts";

const told = z.strictObject({
  value: z.string().nullable(),
  source: z.string().nullable(),
  asserted: evidence.nullable(),
});

const knownRow = z.strictObject({
  fact: z.enum(["joins", "leaves", "employed"]),
  /** As known at `knownAt`. */
  known: told,
  /** As known at the answer's end. */
  now: told,
  differs: z.boolean(),
});
type Told = z.output<typeof told>;

export const knownAbout = question(
  "known-about",
  {
    number: [28],
    asks: "What did we know at one instant about whether a user was employed at another, and what do we know now?",
    route: "/users/:id/known",
    parameters: z.strictObject({ id, asOf: instant.optional(), knownAt: instant.optional() }),
    row: knownRow,
    golden: "a date that was corrected later: both answers, side by side",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const user = await subjectOf(sources, tenant, "User", given.id);
    const known = await positionAt(sources, through, given.knownAt);
    const asOf = given.asOf ?? sources.clock();
    const then = (await employmentsAt(sources, tenant, known)).get(user.id) ?? {};
    const now = (await employmentsAt(sources, tenant, through)).get(user.id) ?? {};
    return {
      asOf,
      ...(given.knownAt === undefined ? {} : { knownAt: given.knownAt }),
      position: known,
      through,
      subject: await describeSubject(sources, user, through),
      content: pageOf(rowsOf(then, now, asOf), through),
    };
  },
);

async function* rowsOf(then: Employment, now: Employment, asOf: number) {
  const facts = {
    joins: ({ joins }: Employment) => dateOf(joins),
    leaves: ({ leaves }: Employment) => dateOf(leaves),
    employed: (employment: Employment) => employedAt(employment, asOf),
  };
  for (const [fact, say] of Object.entries(facts)) {
    const [before, after] = [say(then), say(now)];
    const row: z.output<typeof knownRow> = {
      fact: fact as keyof typeof facts,
      known: before,
      now: after,
      differs: before.value !== after.value,
    };
    yield { row, place: [] };
  }
}

const NOTHING: Told = { value: null, source: null, asserted: null };

const dateOf = (asserted: Asserted | undefined): Told =>
  asserted === undefined
    ? NOTHING
    : { value: formatInstant(asserted.at), source: asserted.source, asserted: asserted.evidence };

/** Of whom nothing was asserted, nothing is known. */
function employedAt(employment: Employment, asOf: number): Told {
  const { joins, leaves } = employment;
  const decisive = hasLeft(employment, asOf) ? leaves : (joins ?? leaves);
  if (decisive === undefined) return NOTHING;
  const isEmployed =
    !hasLeft(employment, asOf) && (joins === undefined || joins.at <= asOf || isBetween(employment, asOf));
  return { value: isEmployed ? "yes" : "no", source: decisive.source, asserted: decisive.evidence };
}

/** Somebody whose leaving is dated, and whose coming back lies ahead, is there until then. */
const isBetween = ({ joins, leaves }: Employment, asOf: number): boolean =>
  joins !== undefined && leaves !== undefined && leaves.at < joins.at && asOf < leaves.at;
