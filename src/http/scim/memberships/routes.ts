// `/GroupMemberships`: memberships of groups as resources of their own, the cheap way into huge groups.
import type { Provisioning } from "../../../eventlog/provisioning.ts";
import type { MembershipAnswer } from "../../../readstore/memberships.ts";
import { invalidCursor, invalidValue } from "../../../scim/errors.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import { listResponseUrn } from "../../../scim/messages.ts";
import { groupMembershipType as type } from "../../../scim/schema/resource-types.ts";
import type { Selection } from "../../../scim/selection.ts";
import { readJson } from "../../body.ts";
import { etagOf } from "../../etag.ts";
import type { Exchange } from "../../exchange.ts";
import { JsonStream } from "../../json-stream.ts";
import { isKnown, writeConditions } from "../../preconditions.ts";
import type { Route } from "../../route.ts";
import { answerAsOf, type Past } from "../as-of.ts";
import { listedIn, parametersOf, windowIn } from "../list-parameters.ts";
import type { ListingOptions } from "../listing.ts";
import { selectionOf } from "../selection-parameters.ts";
import type { WritingOptions } from "../writing.ts";
import { membershipsInBulk } from "./bulk.ts";
import { membershipFilter } from "./filter.ts";
import { MembershipOperations, membershipKeyOf, missingMembership } from "./operations.ts";
import { MembershipRepresentation } from "./representation.ts";

export interface MembershipOptions extends ListingOptions, WritingOptions {
  readonly provisioning: Provisioning;
}

const NOTHING: MembershipAnswer = { total: 0, more: false, memberships: [] };

interface ListWindow {
  readonly filter: Filter | undefined;
  readonly startIndex: number;
  readonly count: number;
}

class Memberships {
  readonly #representation: MembershipRepresentation;
  readonly #operations: MembershipOperations;
  readonly #options: MembershipOptions;

  constructor(base: string, options: MembershipOptions) {
    this.#representation = new MembershipRepresentation(base);
    this.#operations = new MembershipOperations(options.provisioning, options.readStore);
    this.#options = options;
  }

  async create(exchange: Exchange): Promise<void> {
    const selection = selectionOf(exchange, type);
    const body = await readJson(exchange.request, this.#options.bodies);
    const key = await this.#operations.create(body, exchange.context());
    const headers = ["Location", this.#representation.locationOf(key)];
    const membership = await this.#options.readStore.membership(exchange.admitted.tenant, key.group, key.member);
    // Somebody may have ended it already: it was created all the same.
    if (membership === undefined) return exchange.answerEmpty(201, headers);
    const text = this.#representation.selected(membership, selection);
    exchange.answer(201, text, [...headers, "ETag", etagOf(membership.revision)]);
  }

  async delete(exchange: Exchange): Promise<void> {
    const key = membershipKeyOf(exchange.param("id"));
    await this.#operations.remove(key, exchange.context(), writeConditions(exchange));
    exchange.answerEmpty(204);
  }

  async get(exchange: Exchange): Promise<void> {
    await answerAsOf(exchange, this.#options, {}, async (past) => {
      const id = exchange.param("id");
      const key = membershipKeyOf(id);
      const { group, member } = key;
      const { tenant } = exchange.admitted;
      const membership = await this.#options.readStore.membership(tenant, group, member, past?.position);
      if (membership === undefined) throw missingMembership(id);
      const selection = selectionOf(exchange, type);
      const named = ["ETag", etagOf(membership.revision), "Location", this.#representation.locationOf(key)];
      const headers = [...named, ...(past?.headers ?? [])];
      if (isKnown(exchange, membership.revision)) exchange.answerEmpty(304, headers);
      else exchange.answer(200, this.#representation.selected(membership, selection), headers);
      return 1;
    });
  }

  async list(exchange: Exchange): Promise<void> {
    const parameters = parametersOf(exchange);
    // Passed over, a cursor would make the first page look like the last.
    if (parameters.cursor !== undefined)
      throw invalidCursor("GroupMemberships are paged by startIndex and count, not by cursor.");
    const { of, sort } = listedIn(exchange, parameters, [type], this.#options.filterLimits);
    const window = { filter: of[0]?.filter, ...windowIn(parameters, this.#options.pages) };
    if (sort !== undefined)
      throw invalidValue("sortBy: GroupMemberships have one order, by group and then by member, and no other.");
    const selection = selectionOf(exchange, type);
    await answerAsOf(exchange, this.#options, {}, async (past) => {
      const answer = await this.#find(exchange.admitted.tenant, window, past);
      await this.#writeList(new JsonStream(exchange, 200, past?.headers ?? []), answer, window, selection);
      return answer.memberships.length;
    });
  }

  #find(tenant: string, { filter, startIndex, count }: ListWindow, past: Past | undefined) {
    const asked = membershipFilter(filter);
    if (asked === "nothing") return NOTHING;
    const asOf = past === undefined ? {} : { asOf: past.position };
    return this.#options.readStore.memberships({ tenant, ...asked, from: startIndex, count, ...asOf });
  }

  async #writeList(
    stream: JsonStream,
    { total, memberships }: MembershipAnswer,
    { startIndex }: ListWindow,
    selection: Selection,
  ): Promise<void> {
    await stream.write(
      `{"schemas":["${listResponseUrn}"],"totalResults":${total},"startIndex":${startIndex},"itemsPerPage":${memberships.length},"Resources":[`,
    );
    let separator = "";
    for (const membership of memberships) {
      await stream.write(separator + this.#representation.selected(membership, selection));
      separator = ",";
    }
    await stream.write("]}");
    await stream.end();
  }
}

/** `path`: where the SCIM service is, `/scim/v2`; `base`: its URI. A membership never changes: there is no PUT and no PATCH. */
export function membershipRoutes(path: string, base: string, options: MembershipOptions): readonly Route[] {
  const memberships = new Memberships(base, options);
  const list = path + type.endpoint;
  const one = `${list}/:id`;
  const writing = { scope: "scim:write", writes: type.id } as const;
  return [
    { method: "POST", path: list, ...writing, handle: (exchange) => memberships.create(exchange) },
    { method: "DELETE", path: one, ...writing, handle: (exchange) => memberships.delete(exchange) },
    { method: "GET", path: one, scope: "scim:read", handle: (exchange) => memberships.get(exchange) },
    { method: "GET", path: list, scope: "scim:read", handle: (exchange) => memberships.list(exchange) },
  ];
}

/** Memberships as Bulk asks for them. */
export const membershipsOfBulk = ({ provisioning, readStore }: MembershipOptions) =>
  membershipsInBulk(new MembershipOperations(provisioning, readStore), readStore);
