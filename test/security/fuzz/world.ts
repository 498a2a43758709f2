// What the requests of a fuzz run know of the service: ids, versions and cursors that it gave out, and who may ask.
import type { Random } from "./random.ts";

export interface Asker {
  readonly name: string;
  readonly token: string | undefined;
}

const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";
const MOST = 200;

/** A few of the last values seen, and odd ones. */
class Seen {
  readonly #values: string[] = [];
  readonly #odd: readonly string[];
  constructor(odd: readonly string[]) {
    this.#odd = odd;
  }

  add(value: unknown): void {
    if (typeof value !== "string") return;
    this.#values.push(value);
    if (this.#values.length > MOST) this.#values.shift();
  }

  pick(random: Random, odd = 0.15): string {
    return this.#values.length === 0 || random.chance(odd) ? random.pick(this.#odd) : random.pick(this.#values);
  }
}

const oddIds = [
  NOBODY,
  "x",
  "__proto__",
  "constructor",
  "%00",
  "..%2f..",
  "%",
  "%ff",
  "a%2Fb",
  "%F0%9F%98%80",
  "*",
  "0",
];

export class World {
  readonly #ids = new Map<string, Seen>();
  readonly versions = new Seen([
    'W/"0"',
    '"0"',
    "*",
    'W/"x"',
    "",
    "W/",
    'W/"0", W/"1"',
    '"',
    'W/"99999999999999999999"',
  ]);
  readonly cursors = new Seen(["", "x", "=", "a".repeat(3_000), "0000000000000001.", "%00", "%2B", "é"]);
  /** Requests for the next pages of walks that were begun. */
  readonly walks: { readonly target: string; readonly asker: Asker }[] = [];
  /** Resources, and credentials, of the other tenant. */
  readonly foreign: readonly string[];

  constructor(foreign: readonly string[]) {
    this.foreign = foreign;
  }

  /** Keeps the request for the page behind this cursor, if the walk is by URL. */
  walk(target: string, asker: Asker, cursor: unknown): void {
    if (typeof cursor !== "string" || !/[?&]cursor=[^&]*/.test(target)) return;
    this.walks.push({ target: target.replace(/([?&]cursor=)[^&]*/, `$1${cursor}`), asker });
    if (this.walks.length > MOST) this.walks.shift();
  }

  /** Ids that were given out for this kind of thing: a resource type's endpoint, or `credentials`. */
  idsOf(kind: string): Seen {
    const seen = this.#ids.get(kind) ?? new Seen([...oddIds, ...this.foreign]);
    this.#ids.set(kind, seen);
    return seen;
  }
}
