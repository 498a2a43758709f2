// Lists: of one resource type, of all of them at the root of the service, of one resource under a filter; by GET or by a POST
// to `/.search`; by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865).
import type { Position } from "../../eventlog/event-log.ts";
import type { Listed, ReadResource } from "../../readstore/read-store.ts";
import type { FilterLimits } from "../../scim/filter/limits.ts";
import { listResponseUrn } from "../../scim/messages.ts";
import type { BodyLimits } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import { JsonStream } from "../json-stream.ts";
import type { Route } from "../route.ts";
import { type AsOfOptions, answerAsOf, type Past } from "./as-of.ts";
import { type CursorPagesOptions, pageByCursor } from "./cursor-pages.ts";
import {
  type ListParameters,
  listedIn,
  parametersFrom,
  parametersOf,
  textsOf,
  windowIn,
  within,
} from "./list-parameters.ts";
import { wantsMembers, writeGroup } from "./members.ts";
import type { Representation } from "./representation.ts";
import { absent, SEARCH } from "./search-path.ts";
import { selectionIn } from "./selection-parameters.ts";

export interface ListingOptions extends AsOfOptions, CursorPagesOptions {
  readonly filterLimits: FilterLimits;
  readonly bodies: BodyLimits;
}

/** How many erased resources a list's filter could not test. */
const UNTESTED_HEADER = "SCIM-Ledger-Untested";

/** A page as it is sent. */
interface Page {
  /** What stands between `schemas` and `Resources`. */
  readonly fields: string;
  readonly resources: readonly ReadResource[];
  readonly untested?: number;
  /** What members of groups are read as of; absent: now. */
  readonly position?: Position;
}

/** What answers a list, however its parameters came. */
export interface Lists {
  answer(exchange: Exchange, parameters: ListParameters): Promise<void>;
}

/** `path`: where the list is: `/scim/v2/Users`, or `/scim/v2` for all types. */
export function listingRoutes(
  path: string,
  bodies: BodyLimits,
  listingFor: (exchange: Exchange) => Lists,
): readonly Route[] {
  return [
    {
      method: "GET",
      path,
      scope: "scim:read",
      handle: (exchange) => listingFor(exchange).answer(exchange, parametersOf(exchange)),
    },
    {
      method: "POST",
      path: `${path}/${SEARCH}`,
      scope: "scim:read",
      handle: async (exchange) => listingFor(exchange).answer(exchange, await parametersFrom(exchange, bodies)),
    },
  ];
}

/** The lists of some resource types: one list. */
export class Listing implements Lists {
  readonly #representations: readonly Representation[];
  readonly #options: ListingOptions;

  constructor(representations: readonly Representation[], options: ListingOptions) {
    this.#representations = representations;
    this.#options = options;
  }

  /** `path`: where the list is: `/scim/v2/Users`. */
  routes(path: string): readonly Route[] {
    return listingRoutes(path, this.#options.bodies, () => this);
  }

  /** `only`: the id of the one resource that is asked about. */
  async answer(exchange: Exchange, parameters: ListParameters, only?: string): Promise<void> {
    const { filterLimits } = this.#options;
    const types = this.#representations.map(({ type }) => type);
    const listed = listedIn(exchange, parameters, types, filterLimits);
    const of = only === undefined ? listed.of : listed.of.map((asked) => within(only, asked));
    await answerAsOf(exchange, this.#options, textsOf(parameters), async (past) => {
      const { tenant } = exchange.admitted;
      if (only !== undefined) await this.#mustExist(exchange, tenant, only, past?.position);
      const asked = { ...listed, of, tenant };
      const page =
        parameters.cursor === undefined
          ? await this.#window(asked, parameters, past)
          : await this.#walk(exchange, asked, parameters, past, only);
      await this.#send(exchange, page, parameters, past);
      return page.resources.length;
    });
  }

  /** What does not exist is not found, rather than filtered out. */
  async #mustExist(exchange: Exchange, tenant: string, id: string, asOf: Position | undefined): Promise<void> {
    for (const { type } of this.#representations) {
      const found = await this.#options.readStore.get(tenant, type.id, id, asOf);
      if (found === undefined) throw absent(exchange, type, id);
    }
  }

  async #window(listed: Listed, parameters: ListParameters, past: Past | undefined): Promise<Page> {
    const window = windowIn(parameters, this.#options.pages);
    const asOf = past === undefined ? {} : { asOf: past.position };
    const { total, ...answer } = await this.#options.readStore.query({ ...listed, ...window, ...asOf });
    const fields = `"totalResults":${total},"startIndex":${window.startIndex},"itemsPerPage":${answer.resources.length}`;
    return { ...answer, fields, ...(past === undefined ? {} : { position: past.position }) };
  }

  async #walk(
    exchange: Exchange,
    listed: Listed,
    parameters: ListParameters,
    past: Past | undefined,
    only: string | undefined,
  ): Promise<Page> {
    const types = this.#representations.map(({ type }) => type);
    const walked = { tenant: listed.tenant, types, parameters, asOf: exchange.parameter("asOf"), past, only };
    const { page, fields } = await pageByCursor(this.#options, walked, (asked) =>
      this.#options.readStore.walk({ ...listed, ...asked }),
    );
    return { ...page, fields: fields(page.resources.length) };
  }

  async #send(exchange: Exchange, page: Page, parameters: ListParameters, past: Past | undefined): Promise<void> {
    const { untested = 0 } = page;
    const headers = [...(past?.headers ?? []), ...(untested > 0 ? [UNTESTED_HEADER, String(untested)] : [])];
    const stream = new JsonStream(exchange, 200, headers);
    await stream.write(`{"schemas":["${listResponseUrn}"],${page.fields},"Resources":[`);
    await this.#writeAll(stream, page, parameters);
    await stream.write("]}");
    await stream.end();
  }

  async #writeAll(stream: JsonStream, { resources, position }: Page, parameters: ListParameters): Promise<void> {
    const { readStore } = this.#options;
    const writers = new Map(
      this.#representations.map((representation) => {
        const selection = selectionIn(parameters, representation.type);
        return [representation.type.name, { representation, selection, isGroup: wantsMembers(selection) }];
      }),
    );
    let membersAt = position;
    let separator = "";
    for (const resource of resources) {
      if (stream.isHead) return;
      const writer = writers.get(resource.type);
      if (writer === undefined) throw new Error(`there is no resource type ${resource.type} in this list`);
      const { representation, selection, isGroup } = writer;
      if (isGroup) {
        membersAt ??= await readStore.position();
        await stream.write(separator);
        await writeGroup(stream, { readStore, representation }, resource, selection, membersAt);
      } else {
        const sent = stream.write(separator + representation.selected(resource, selection));
        if (sent !== undefined) await sent;
      }
      separator = ",";
    }
  }
}
