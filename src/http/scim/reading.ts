// GET of resources, one and many (RFC 7644 §3.4).
import type { Position } from "../../eventlog/event-log.ts";
import type { ReadResource, ReadStore } from "../../readstore/read-store.ts";
import { notFound } from "../../scim/errors.ts";
import type { FilterLimits } from "../../scim/filter/parse.ts";
import { listResponseUrn } from "../../scim/messages.ts";
import { quote } from "../../scim/quote.ts";
import type { Selection } from "../../scim/selection.ts";
import { etagOf } from "../etag.ts";
import type { Exchange } from "../exchange.ts";
import { JsonStream } from "../json-stream.ts";
import { isKnown } from "../preconditions.ts";
import type { Route } from "../route.ts";
import { type AsOfOptions, answerAsOf, type Past } from "./as-of.ts";
import { listWindow, type PageLimits } from "./list-parameters.ts";
import { wantsMembers, writeGroup } from "./members.ts";
import type { Representation } from "./representation.ts";
import { selectionOf } from "./selection-parameters.ts";

export interface ReadingOptions extends AsOfOptions {
  readonly readStore: ReadStore;
  readonly pages: PageLimits;
  readonly filterLimits: FilterLimits;
}

export const missing = (typeName: string, id: string) => notFound(`There is no ${typeName} with id ${quote(id)}.`);

/** How many erased resources a list's filter could not test (DESIGN promise 7). */
export const UNTESTED_HEADER = "SCIM-Ledger-Untested";

/** The reads of one resource type. */
export class Reading {
  readonly #representation: Representation;
  readonly #options: ReadingOptions;
  readonly #isGroup: boolean;

  constructor(representation: Representation, options: ReadingOptions) {
    this.#representation = representation;
    this.#options = options;
    this.#isGroup = representation.type.id === "Group";
  }

  /** `path`: where the resource type is, `/scim/v2/Users`. */
  routes(path: string): readonly Route[] {
    return [
      { method: "GET", path: `${path}/:id`, scope: "scim:read", handle: (exchange) => this.#get(exchange) },
      { method: "GET", path, scope: "scim:read", handle: (exchange) => this.#list(exchange) },
    ];
  }

  async #get(exchange: Exchange): Promise<void> {
    if (!exchange.hasQuery) return this.#answerOne(exchange, undefined);
    return answerAsOf(exchange, this.#options, async (past) => {
      await this.#answerOne(exchange, past);
      return 1;
    });
  }

  async #answerOne(exchange: Exchange, past: Past | undefined): Promise<void> {
    const { type } = this.#representation;
    const id = exchange.param("id");
    const resource = await this.#options.readStore.get(exchange.admitted.tenant, type.id, id, past?.position);
    if (resource === undefined) throw missing(type.name, id);
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
    if (this.#isGroup && wantsMembers(selection))
      return this.#answerGroup(exchange, status, resource, selection, headers, position);
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

  async #list(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const window = listWindow(exchange, type, this.#options.pages, this.#options.filterLimits);
    const selection = selectionOf(exchange, type);
    await answerAsOf(exchange, this.#options, async (past) => {
      const asOf = past === undefined ? {} : { asOf: past.position };
      const query = { tenant: exchange.admitted.tenant, type: type.id, resourceType: type, ...window, ...asOf };
      const { total, resources, untested = 0 } = await this.#options.readStore.query(query);
      const headers = [...(past?.headers ?? []), ...(untested > 0 ? [UNTESTED_HEADER, String(untested)] : [])];
      const stream = new JsonStream(exchange, 200, headers);
      await stream.write(
        `{"schemas":["${listResponseUrn}"],"totalResults":${total},"startIndex":${window.startIndex},"itemsPerPage":${resources.length},"Resources":[`,
      );
      await this.#writeAll(stream, resources, selection, past?.position);
      await stream.write("]}");
      await stream.end();
      return resources.length;
    });
  }

  async #writeAll(
    stream: JsonStream,
    resources: readonly ReadResource[],
    selection: Selection,
    past: Position | undefined,
  ): Promise<void> {
    const { readStore } = this.#options;
    const withMembers = this.#isGroup && resources.length > 0 && wantsMembers(selection);
    const position = withMembers ? (past ?? (await readStore.position())) : undefined;
    const reader = { readStore, representation: this.#representation };
    let separator = "";
    for (const resource of resources) {
      if (stream.isHead) return;
      if (position === undefined) {
        const sent = stream.write(separator + this.#representation.selected(resource, selection));
        if (sent !== undefined) await sent;
      } else {
        await stream.write(separator);
        await writeGroup(stream, reader, resource, selection, position);
      }
      separator = ",";
    }
  }
}
