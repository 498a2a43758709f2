// What requests to the ledger ask for.
import { parseSize } from "../../ledger/checkpoint.ts";
import { parseTilePath, type TileName } from "../../ledger/tiles.ts";
import { invalidValue } from "../../scim/errors.ts";
import type { Exchange } from "../exchange.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** The tile or bundle in the path; undefined for anything that is none. */
export function tileNameOf(exchange: Exchange): TileName | undefined {
  const path: string | readonly string[] = exchange.param("path");
  return parseTilePath(`tile/${typeof path === "string" ? path : (path as readonly string[]).join("/")}`);
}

/** Exactly one of `event`, an event's id, and `index`. */
export function indexOf(exchange: Exchange): { readonly index: number } | { readonly event: string } {
  const event = exchange.parameter("event");
  const index = exchange.parameter("index");
  if ((event === undefined) === (index === undefined)) throw invalidValue("one of event and index is asked for");
  if (index !== undefined) return { index: sizeOf("index", index) };
  if (!UUID.test(event!)) throw invalidValue("event: must be an event's id");
  return { event: event! };
}

/** `size`: of a head; undefined for the last. */
export function headSizeOf(exchange: Exchange): number | undefined {
  const given = exchange.parameter("size");
  return given === undefined ? undefined : sizeOf("size", given);
}

/** `from` and `to`; without `to`, up to the present size. */
export function sizesOf(exchange: Exchange, size: number): { readonly from: number; readonly to: number } {
  const from = sizeOf("from", exchange.parameter("from") ?? "");
  const given = exchange.parameter("to");
  const to = given === undefined ? size : sizeOf("to", given);
  if (to > size) throw invalidValue(`to: the ledger has ${size} leaves`);
  if (from > to) throw invalidValue("from: must not be after to");
  return { from, to };
}

function sizeOf(name: string, text: string): number {
  const size = parseSize(text);
  if (size === undefined) throw invalidValue(`${name}: must be a whole number without leading zeroes`);
  return size;
}
