// Lists of memberships: by GET or by a POST to `/.search`, by index or by cursor (RFC 9865), in one order.
import type { Membership } from "../../../readstore/memberships.ts";
import { invalidValue } from "../../../scim/errors.ts";
import { listResponseUrn } from "../../../scim/messages.ts";
import { groupMembershipType as type } from "../../../scim/schema/resource-types.ts";
import type { Selection } from "../../../scim/selection.ts";
import type { Exchange } from "../../exchange.ts";
import { JsonStream } from "../../json-stream.ts";
import { answerAsOf, type Past } from "../as-of.ts";
import { pageByCursor } from "../cursor-pages.ts";
import { type ListParameters, listedIn, textsOf, windowIn } from "../list-parameters.ts";
import type { ListingOptions, Lists } from "../listing.ts";
import { selectionIn } from "../selection-parameters.ts";
import { type MembershipFilter, membershipFilter } from "./filter.ts";
import type { MembershipRepresentation } from "./representation.ts";

/** A page as it is sent. */
interface Page {
  /** What stands between `schemas` and `Resources`. */
  readonly fields: string;
  readonly memberships: readonly Membership[];
}

export class MembershipListing implements Lists {
  readonly #representation: MembershipRepresentation;
  readonly #options: ListingOptions;

  constructor(representation: MembershipRepresentation, options: ListingOptions) {
    this.#representation = representation;
    this.#options = options;
  }

  async answer(exchange: Exchange, parameters: ListParameters): Promise<void> {
    const { of, sort } = listedIn(exchange, parameters, [type], this.#options.filterLimits);
    if (sort !== undefined)
      throw invalidValue("sortBy: GroupMemberships have one order, by group and then by member, and no other.");
    const asked = membershipFilter(of[0]?.filter);
    const selection = selectionIn(parameters, type);
    await answerAsOf(exchange, this.#options, textsOf(parameters), async (past) => {
      const page =
        parameters.cursor === undefined
          ? await this.#window(exchange, asked, parameters, past)
          : await this.#walk(exchange, asked, parameters, past);
      await this.#send(new JsonStream(exchange, 200, past?.headers ?? []), page, selection);
      return page.memberships.length;
    });
  }

  async #window(
    { admitted }: Exchange,
    asked: MembershipFilter,
    parameters: ListParameters,
    past: Past | undefined,
  ): Promise<Page> {
    const { readStore, pages } = this.#options;
    const window = windowIn(parameters, pages);
    const asOf = past === undefined ? {} : { asOf: past.position };
    const { total, memberships } =
      asked === "nothing"
        ? { total: 0, memberships: [] }
        : await readStore.memberships({ tenant: admitted.tenant, ...asked, ...window, ...asOf });
    const fields = `"totalResults":${total},"startIndex":${window.startIndex},"itemsPerPage":${memberships.length}`;
    return { fields, memberships };
  }

  async #walk(
    exchange: Exchange,
    asked: MembershipFilter,
    parameters: ListParameters,
    past: Past | undefined,
  ): Promise<Page> {
    const { readStore } = this.#options;
    const { tenant } = exchange.admitted;
    const walked = { tenant, types: [type], parameters, asOf: exchange.parameter("asOf"), past };
    const { page, fields } = await pageByCursor(this.#options, walked, async (place) =>
      asked === "nothing"
        ? { position: await readStore.position(), total: 0, memberships: [] }
        : readStore.walkMemberships({ tenant, ...asked, ...place }),
    );
    return { fields: fields(page.memberships.length), memberships: page.memberships };
  }

  async #send(stream: JsonStream, { fields, memberships }: Page, selection: Selection): Promise<void> {
    await stream.write(`{"schemas":["${listResponseUrn}"],${fields},"Resources":[`);
    let separator = "";
    for (const membership of memberships) {
      await stream.write(separator + this.#representation.selected(membership, selection));
      separator = ",";
    }
    await stream.write("]}");
    await stream.end();
  }
}
