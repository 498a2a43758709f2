// What the log's client and its thread say to each other. Appends travel as three flat lists: the structured clone of an
// object an event costs several times as much.
import {
  type Append,
  Conflict,
  Fatal,
  MAX_APPEND_BYTES,
  ordinalOf,
  positionOf,
  type SealedEvent,
  TooLarge,
  Unavailable,
} from "../event-log.ts";
import type { Outcome } from "./writer.ts";

/** All-or-nothing groups of appends. */
export type Groups = readonly (readonly Append[])[];

export interface PackedGroups {
  /** A group: count of appends; each append: revision (-1: none), count of events; each event: bytes of ciphertext (-1: null), has personal. */
  readonly shape: readonly number[];
  /** An append: stream; each event: id, type, envelope, personal where it has one. */
  readonly texts: readonly string[];
  /** All ciphertexts, end to end. */
  readonly bytes: Uint8Array;
}

export type LogRequest =
  | { readonly kind: "open" }
  | { readonly kind: "append"; readonly groups: PackedGroups }
  | { readonly kind: "close" };

export type LogAnswer =
  | { readonly kind: "opened" }
  /** One outcome a group, in the order of the requests; a number is the ordinal of a position. */
  | { readonly kind: "appended"; readonly outcomes: readonly (number | Failure)[] }
  | { readonly kind: "closed" };

export type Failure =
  | { readonly kind: "conflict"; readonly stream: string }
  | { readonly kind: "too large"; readonly bytes: number }
  | { readonly kind: "unavailable"; readonly message: string; readonly written: "no" | "unknown" }
  | { readonly kind: "fatal"; readonly message: string };

/** Groups of appends as three values, which another thread is sent at less cost than objects. */
export function pack(groups: Groups): PackedGroups {
  const shape: number[] = [];
  const texts: string[] = [];
  const ciphertexts: Uint8Array[] = [];
  for (const group of groups) {
    shape.push(group.length);
    for (const { stream, expected, events } of group) {
      shape.push(expected === "none" ? -1 : expected, events.length);
      texts.push(stream);
      for (const event of events) packEvent(event, shape, texts, ciphertexts);
    }
  }
  return { shape, texts, bytes: joined(ciphertexts) };
}

function packEvent(event: SealedEvent, shape: number[], texts: string[], ciphertexts: Uint8Array[]): void {
  const { id, type, envelope, ciphertext, personal } = event;
  shape.push(ciphertext === null ? -1 : ciphertext.length, personal === undefined ? 0 : 1);
  texts.push(id, type, envelope);
  if (personal !== undefined) texts.push(personal);
  if (ciphertext !== null) ciphertexts.push(ciphertext);
}

/** Memory of its own: the clone of a slice of Buffer's pool copies the whole pool. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The groups that `pack` was given. */
export function unpack({ shape, texts, bytes }: PackedGroups): Groups {
  let [nextNumber, nextText, nextByte] = [0, 0, 0];
  const number = () => shape[nextNumber++]!;
  const text = () => texts[nextText++]!;
  const event = (): SealedEvent => {
    const [length, hasPersonal] = [number(), number() === 1];
    const sealed = { id: text(), type: text(), envelope: text() };
    const ciphertext = length < 0 ? null : bytes.subarray(nextByte, nextByte + length);
    nextByte += Math.max(length, 0);
    return hasPersonal ? { ...sealed, ciphertext, personal: text() } : { ...sealed, ciphertext };
  };
  const append = (): Append => {
    const [revision, count] = [number(), number()];
    return { stream: text(), expected: revision < 0 ? "none" : revision, events: times(count, event) };
  };
  const groups: Append[][] = [];
  while (nextNumber < shape.length) groups.push(times(number(), append));
  return groups;
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(make());
  return made;
}

/** An outcome as plain data: an error's class does not survive the clone. */
export function packOutcome(outcome: Outcome): number | Failure {
  if (typeof outcome === "string") return ordinalOf(outcome);
  if (outcome instanceof Conflict) return { kind: "conflict", stream: outcome.stream };
  if (outcome instanceof TooLarge) return { kind: "too large", bytes: outcome.bytes };
  if (outcome instanceof Unavailable)
    return { kind: "unavailable", message: outcome.message, written: outcome.written };
  return { kind: "fatal", message: outcome.message };
}

/** The position, or the error to throw. */
export function unpackOutcome(outcome: number | Failure): Outcome {
  if (typeof outcome === "number") return positionOf(outcome);
  switch (outcome.kind) {
    case "conflict":
      return new Conflict(outcome.stream);
    case "too large":
      return new TooLarge(outcome.bytes, MAX_APPEND_BYTES);
    case "unavailable":
      return new Unavailable(outcome.message, outcome.written);
    case "fatal":
      return new Fatal(outcome.message);
  }
}
