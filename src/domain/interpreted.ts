// Which events can hold what of their request was not read as it stands, and the one of a command that does.
import { z } from "zod";
import type { Interpretation } from "../scim/normalise/interpretation.ts";
import type { DomainEvent } from "./event.ts";
import { catalogue } from "./events.ts";

const hasRoom = (personal: z.ZodType | undefined): boolean => {
  const shape = personal instanceof z.ZodOptional ? personal.unwrap() : personal;
  return shape instanceof z.ZodObject && Object.hasOwn(shape.shape, "interpretations");
};

const bearers: ReadonlySet<string> = new Set(
  Object.values(catalogue)
    .flat()
    .filter(({ personal }) => hasRoom(personal))
    .map(({ type }) => type),
);

/** The events of a command, the first that has room for them with the interpretations of its request. */
export function withInterpretations<Event extends DomainEvent>(
  events: readonly Event[],
  interpretations: readonly Interpretation[],
): readonly Event[] {
  const bearer = events.findIndex(({ type, personal }) => bearers.has(type) && personal !== "erased");
  if (bearer < 0 || interpretations.length === 0) return events;
  return events.map((event, index) =>
    index === bearer ? { ...event, personal: { ...(event.personal as object | undefined), interpretations } } : event,
  );
}

/** What an event tells of its request's interpretation; nothing where its personal part is erased. */
export function interpretationsOf({ personal }: DomainEvent): readonly Interpretation[] {
  if (typeof personal !== "object" || personal === null || !("interpretations" in personal)) return [];
  return (personal.interpretations as readonly Interpretation[] | undefined) ?? [];
}
