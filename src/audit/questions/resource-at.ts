// A resource as it was at an instant, also after its deletion.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { ScimError } from "../../scim/errors.ts";
import { formatInstant } from "../answers/instant.ts";
import { level, positionAt } from "../answers/moment.ts";
import { id, instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { describeSubject, type Subject, subjectOf } from "../answers/subject.ts";
import type { Sources } from "../sources.ts";

export const resourceAt = question(
  "resource-at",
  {
    number: [25],
    asks: "What was a user or group at an instant, exactly as a GET would have answered then?",
    route: "/resources/:type/:id",
    parameters: z.strictObject({ type: z.string(), id, asOf: instant.optional() }),
    row: z.record(z.string(), z.json()),
    golden: "a deleted resource as it was before; a name that another person bears since",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const subject = await subjectOf(sources, tenant, given.type, given.id);
    const position = await positionAt(sources, through, given.asOf);
    const resource = await sources.present(tenant, subject.type, subject.id, position);
    if (resource === undefined) throw await notThen(sources, subject, position);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      subject: await describeSubject(sources, subject, position),
      content: { resource },
    };
  },
);

/** 404 that says why: its life had not begun, or was over. */
async function notThen({ store }: Sources, { type, from, to }: Subject, position: Position): Promise<ScimError> {
  const event = from > position ? from : (to ?? from);
  const what = from > position ? "was created only" : "was deleted";
  const time = formatInstant(await store.effectiveAt(event));
  return new ScimError(
    404,
    undefined,
    `this ${type} ${what} at ${time} (position ${event}): ask for an instant within its life`,
  );
}
