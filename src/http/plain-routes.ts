// Finds the route of a plain request target without asking Express, whose routing costs as much as reading a document does
// (decision 0014). What it does not find, in whatever spelling, goes to Express.
import type { Method } from "./route-description.ts";

/** The parameters of a route's path, decoded. */
export type Params = Readonly<Record<string, string>>;

interface Found<Handler> {
  readonly handler: Handler;
  readonly params: Params;
}

/** A path with one parameter, which is its last segment. */
interface Parametrised<Handler> {
  readonly name: string;
  readonly handler: Handler;
  /** In lower case, what stands at its place in literal paths: Express takes these in any case. */
  readonly literals: ReadonlySet<string>;
}

const NO_PARAMS: Params = Object.freeze({});

export class PlainRoutes<Handler> {
  /** By `GET /scim/v2/Users`. */
  readonly #literal = new Map<string, Found<Handler>>();
  /** By `GET /scim/v2/Users/`, what stands before the parameter. */
  readonly #parametrised = new Map<string, Parametrised<Handler>>();
  /** Last segments of literal paths in lower case, by `get /scim/v2/users/`, what stands before them. */
  readonly #segments = new Map<string, Set<string>>();

  /** Of routes with the same path and method the first one stays. Paths with more parameters are left to Express. */
  add(method: Method, path: string, handler: Handler): void {
    const colon = path.indexOf(":");
    const key = `${method} ${path}`;
    if (colon < 0) {
      if (!this.#literal.has(key)) this.#literal.set(key, { handler, params: NO_PARAMS });
      this.#segmentsAt(key.slice(0, key.lastIndexOf("/") + 1)).add(path.slice(path.lastIndexOf("/") + 1).toLowerCase());
      return;
    }
    const prefix = `${method} ${path.slice(0, colon)}`;
    const name = path.slice(colon + 1);
    if (path[colon - 1] !== "/" || !isPlain(name, 0, name.length) || this.#parametrised.has(prefix)) return;
    this.#parametrised.set(prefix, { name, handler, literals: this.#segmentsAt(prefix) });
  }

  #segmentsAt(prefix: string): Set<string> {
    const segments = this.#segments.get(prefix.toLowerCase()) ?? new Set<string>();
    this.#segments.set(prefix.toLowerCase(), segments);
    return segments;
  }

  /** `target`: the request's, with its query. Undefined where it is not found as it is spelled. */
  find(method: string, target: string): Found<Handler> | undefined {
    const query = target.indexOf("?");
    const end = query < 0 ? target.length : query;
    const slash = target.lastIndexOf("/", end - 1) + 1;
    const parametrised = this.#parametrised.get(`${method} ${target.slice(0, slash)}`);
    const path = end === target.length ? target : target.slice(0, end);
    const literal = this.#literal.get(`${method} ${path}`);
    if (literal !== undefined || parametrised === undefined) return literal;
    if (slash === end || !isPlain(target, slash, end)) return undefined;
    const value = target.slice(slash, end);
    if (parametrised.literals.size > 0 && parametrised.literals.has(value.toLowerCase())) return undefined;
    return { handler: parametrised.handler, params: { [parametrised.name]: value } };
  }
}

/** Whether a part of a text is of letters, digits, `-` and `_` alone: nothing to decode, and no other way to read it. */
function isPlain(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!isLetter && !(code >= 48 && code <= 57) && code !== 45 && code !== 95) return false;
  }
  return true;
}
