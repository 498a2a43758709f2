// What a replay looks at, as it is typed: a resource, and a place as an instant or as a position.
import { formatInstant, parseInstant } from "../../audit/answers/instant.ts";
import { type Subject, subjectOf } from "../../audit/answers/subject.ts";
import { preceding } from "../../audit/holdings/intervals.ts";
import { type Position, positionOf, START } from "../../eventlog/event-log.ts";
import { ScimError } from "../../scim/errors.ts";
import { EXIT, Problem } from "../problem.ts";
import type { Replay } from "./open.ts";

/** An instant, or a position with or without its zeros; absent: the end. Throws a Problem. */
export async function placeOf({ sources, through }: Replay, text: string | undefined): Promise<Position> {
  if (text === undefined) return through;
  const place = isNumber(text) ? positionOf(Number(text)) : await atInstant(text);
  if (place > through) throw new Problem(`position ${place} lies after the end of the log, ${through}`, EXIT.misused);
  return place;

  async function atInstant(instant: string): Promise<Position> {
    const micros = parseInstant(instant);
    if (micros === undefined)
      throw new Problem(
        `“${instant}” is neither a position nor an instant with its offset, such as 2026-05-01T08:30:00Z`,
        EXIT.misused,
      );
    if (micros > sources.clock()) throw new Problem(`“${instant}” has not come yet`, EXIT.misused);
    const found = await sources.store.positionAt(micros);
    return found < through ? found : through;
  }
}

/** The place after which a stretch begins that takes in its first instant or position; absent: the first event. */
export async function startOf(replay: Replay, text: string | undefined): Promise<Position> {
  if (text === undefined) return START;
  if (isNumber(text)) return preceding(await placeOf(replay, text));
  const micros = parseInstant(text);
  return micros === undefined ? placeOf(replay, text) : placeOf(replay, formatInstant(micros - 1));
}

/** Two instants in order make a window even where nothing happened in it; of positions, each is an event. */
export const areRisingInstants = (from: string, to: string): boolean => distanceOf(from, to) > 0;

/** Two instants the wrong way round, also where they come to one place. */
export const areFallingInstants = (from?: string, to?: string): boolean => distanceOf(from, to) < 0;

/** Microseconds from one instant to another; not a number where they are not both instants. */
function distanceOf(from = "", to = ""): number {
  const [start = Number.NaN, end = Number.NaN] = [from, to].map((text) =>
    isNumber(text) ? undefined : parseInstant(text),
  );
  return end - start;
}

const LONGEST_POSITION = 16;
const isNumber = (text: string): boolean =>
  text.length > 0 && text.length <= LONGEST_POSITION && [...text].every((one) => one >= "0" && one <= "9");

/** `users/01a2…`. Throws a Problem. */
export async function resourceOf({ sources }: Replay, tenant: string, text: string): Promise<Subject> {
  const slash = text.indexOf("/");
  const [type, id] = [text.slice(0, slash), text.slice(slash + 1)];
  try {
    return await subjectOf(sources, tenant, type, id);
  } catch (error) {
    if (error instanceof ScimError)
      throw new Problem(`${text}: ${error.message}; name it as users/<id> or groups/<id>`);
    throw error;
  }
}

/** The names of all resource types that a tenant ever had. */
export const typeNames = ({ sources }: Pick<Replay, "sources">, tenant: string): readonly string[] =>
  sources.types.typesOf(tenant).allEver.map(({ name }) => name);

/** The time of a position. */
export async function timeAt({ sources }: Replay, position: Position): Promise<string> {
  return position === START ? "before the first event" : formatInstant(await sources.store.effectiveAt(position));
}
