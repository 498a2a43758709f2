// GET of one resource (RFC 7644 §3.4.1), whole or, with a filter, as a list of one or none (§3.4.2.1).
import type { Position } from "../../eventlog/event-log.ts";
import type { Selection } from "../../scim/selection.ts";
import { etagOf } from "../etag.ts";
import type { Exchange } from "../exchange.ts";
import { JsonStream } from "../json-stream.ts";
import { isKnown } from "../preconditions.ts";
import type { Route } from "../route.ts";
import { answerAsOf, type Past } from "./as-of.ts";
import { parametersOf } from "./list-parameters.ts";
import { Listing, type ListingOptions } from "./listing.ts";
import { wantsMembers, writeGroup } from "./members.ts";
import type { Representation } from "./representation.ts";
import { absent } from "./search-path.ts";
import { selectionOf } from "./selection-parameters.ts";

/** The reads of one resource type. */
export class Reading {
  readonly #representation: Representation;
  readonly #options: ListingOptions;
  readonly #listing: Listing;

  constructor(representation: Representation, options: ListingOptions) {
    this.#representation = representation;
    this.#options = options;
    this.#listing = new Listing([representation], options);
  }

  /** `path`: where the resource type is, `/scim/v2/Users`. */
  routes(path: string): readonly Route[] {
    return [
      { method: "GET", path: `${path}/:id`, scope: "scim:read", handle: (exchange) => this.#get(exchange) },
      ...this.#listing.routes(path),
    ];
  }

  async #get(exchange: Exchange): Promise<void> {
    if (!exchange.hasQuery) return this.#answerOne(exchange, undefined);
    if (exchange.query.has("filter"))
      return this.#listing.answer(exchange, parametersOf(exchange), exchange.param("id"));
    return answerAsOf(exchange, this.#options, {}, async (past) => {
      await this.#answerOne(exchange, past);
      return 1;
    });
  }

  async #answerOne(exchange: Exchange, past: Past | undefined): Promise<void> {
    const { type } = this.#representation;
    const id = exchange.param("id");
    const resource = await this.#options.readStore.get(exchange.admitted.tenant, type.id, id, past?.position);
    if (resource === undefined) throw absent(exchange, type, id);
    const selection = selectionOf(exchange, type);
    const named = ["ETag", etagOf(resource.version), "Location", this.#representation.locationOf(id)];
    const headers = past === undefined ? named : [...named, ...past.headers];
    if (isKnown(exchange, resource.version)) return exchange.answerEmpty(304, headers);
    await this.answerWhole(exchange, 200, resource, selection, headers, past?.position);
  }

  /**
   * Answers one resource, as it is or as a write left it; what it has of members as of a position. `sent` are the paths that
   * the write set.
   */
  answerWhole(
    exchange: Exchange,
    status: number,
    resource: Parameters<typeof writeGroup>[2],
    selection: Selection,
    headers: readonly string[],
    position: Position | undefined,
    sent?: ReadonlySet<string>,
  ): void | Promise<void> {
    if (wantsMembers(selection)) return this.#answerGroup(exchange, status, resource, selection, headers, position);
    exchange.answer(status, this.#representation.selected(resource, selection, sent), headers);
  }

  /**
   * A group with its members as of a position. Read after the group itself, they can only be newer than its tag: a client
   * that sends the tag back in If-Match is then refused, rather than let overwrite what it has not seen.
   */
  async #answerGroup(
    exchange: Exchange,
    status: number,
    group: Parameters<typeof writeGroup>[2],
    selection: Selection,
    headers: readonly string[],
    position: Position | undefined,
  ): Promise<void> {
    const { readStore } = this.#options;
    const stream = new JsonStream(exchange, status, headers);
    const reader = { readStore, representation: this.#representation };
    await writeGroup(stream, reader, group, selection, position ?? (await readStore.position()));
    await stream.end();
  }
}
