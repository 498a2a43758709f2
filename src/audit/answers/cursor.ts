// Where a walk through an answer goes on: the position it is pinned to, and what the last page ended with.
import type { Position } from "../../eventlog/event-log.ts";
import { invalidValue } from "../../scim/errors.ts";

export interface Cursor {
  /** Every page of a walk answers as of this position. */
  readonly position: Position;
  /** What the question needs to go on; no part is empty. */
  readonly parts: readonly string[];
}

const DIGITS = 16;

/** Text for a client, who passes it back as it is. */
export const writeCursor = ({ position, parts }: Cursor): string => [position, ...parts].join(".");

/** Throws ScimError (400 invalidValue) for what no page of this question carried. */
export function readCursor(text: string, parts: number, through: Position): Cursor {
  const [position = "", ...rest] = text.split(".");
  if (!isPosition(position) || position > through || rest.length !== parts || rest.includes("")) throw foreignCursor();
  return { position, parts: rest };
}

export const isPosition = (text: string): text is Position =>
  text.length === DIGITS && [...text].every((digit) => digit >= "0" && digit <= "9");

export const foreignCursor = () => invalidValue("cursor: must be the “next” of an earlier page of the same question");
