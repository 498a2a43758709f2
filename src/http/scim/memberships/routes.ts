// `/GroupMemberships`: memberships of groups as resources of their own, the cheap way into huge groups.
import type { Provisioning } from "../../../eventlog/provisioning.ts";
import type { MembershipKey } from "../../../readstore/memberships.ts";
import { groupMembershipType as type } from "../../../scim/schema/resource-types.ts";
import { readJson } from "../../body.ts";
import { etagOf } from "../../etag.ts";
import type { Exchange } from "../../exchange.ts";
import { parseMembershipId } from "../../membership-id.ts";
import { isKnown, writeConditions } from "../../preconditions.ts";
import type { Route } from "../../route.ts";
import { answerAsOf } from "../as-of.ts";
import { leafHeader } from "../leaf-header.ts";
import { type ListingOptions, listingRoutes } from "../listing.ts";
import { absent } from "../search-path.ts";
import { selectionOf } from "../selection-parameters.ts";
import type { WritingOptions } from "../writing.ts";
import { membershipsInBulk } from "./bulk.ts";
import { MembershipListing } from "./listing.ts";
import { MembershipOperations } from "./operations.ts";
import { MembershipRepresentation } from "./representation.ts";

export interface MembershipOptions extends ListingOptions, WritingOptions {
  readonly provisioning: Provisioning;
}

/** 404 for what cannot be the id of one. */
function keyIn(exchange: Exchange): MembershipKey {
  const id = exchange.param("id");
  const key = parseMembershipId(id);
  if (key === undefined) throw absent(exchange, type, id);
  return key;
}

class Memberships {
  readonly #representation: MembershipRepresentation;
  readonly #operations: MembershipOperations;
  readonly #options: MembershipOptions;

  constructor(representation: MembershipRepresentation, options: MembershipOptions) {
    this.#representation = representation;
    this.#operations = new MembershipOperations(options.provisioning, options.readStore);
    this.#options = options;
  }

  async create(exchange: Exchange): Promise<void> {
    const selection = selectionOf(exchange, type);
    const body = await readJson(exchange.request, this.#options.bodies);
    const key = await this.#operations.create(body, exchange.context());
    const headers = ["Location", this.#representation.locationOf(key), ...leafHeader(key)];
    const membership = await this.#options.readStore.membership(exchange.admitted.tenant, key.group, key.member);
    // Somebody may have ended it already: it was created all the same.
    if (membership === undefined) return exchange.answerEmpty(201, headers);
    const text = this.#representation.selected(membership, selection);
    exchange.answer(201, text, [...headers, "ETag", etagOf(membership.revision)]);
  }

  async delete(exchange: Exchange): Promise<void> {
    const key = keyIn(exchange);
    const ended = await this.#operations.remove(key, exchange.context(), writeConditions(exchange));
    exchange.answerEmpty(204, leafHeader(ended));
  }

  async get(exchange: Exchange): Promise<void> {
    await answerAsOf(exchange, this.#options, {}, async (past) => {
      const key = keyIn(exchange);
      const { group, member } = key;
      const { tenant } = exchange.admitted;
      const membership = await this.#options.readStore.membership(tenant, group, member, past?.position);
      if (membership === undefined) throw absent(exchange, type, exchange.param("id"));
      const selection = selectionOf(exchange, type);
      const named = ["ETag", etagOf(membership.revision), "Location", this.#representation.locationOf(key)];
      const headers = [...named, ...(past?.headers ?? [])];
      if (isKnown(exchange, membership.revision)) exchange.answerEmpty(304, headers);
      else exchange.answer(200, this.#representation.selected(membership, selection), headers);
      return 1;
    });
  }
}

/** `path`: where the SCIM service is, `/scim/v2`; `base`: its URI. A membership never changes: there is no PUT and no PATCH. */
export function membershipRoutes(path: string, base: string, options: MembershipOptions): readonly Route[] {
  const representation = new MembershipRepresentation(base);
  const memberships = new Memberships(representation, options);
  const listing = new MembershipListing(representation, options);
  const list = path + type.endpoint;
  const one = `${list}/:id`;
  const writing = { scope: "scim:write", writes: type.id } as const;
  return [
    { method: "POST", path: list, ...writing, handle: (exchange) => memberships.create(exchange) },
    { method: "DELETE", path: one, ...writing, handle: (exchange) => memberships.delete(exchange) },
    { method: "GET", path: one, scope: "scim:read", handle: (exchange) => memberships.get(exchange) },
    ...listingRoutes(list, options.bodies, () => listing),
  ];
}

/** Memberships as Bulk asks for them. */
export const membershipsOfBulk = ({ provisioning, readStore }: MembershipOptions) =>
  membershipsInBulk(new MembershipOperations(provisioning, readStore), readStore);
