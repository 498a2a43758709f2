// A membership as SCIM shows it.
import { formatInstant } from "../../../audit/answers/instant.ts";
import type { Membership, MembershipKey } from "../../../readstore/memberships.ts";
import type { JsonObject } from "../../../scim/json.ts";
import { groupMembershipType, groupType, resourceTypes } from "../../../scim/schema/resource-types.ts";
import { type Selection, select } from "../../../scim/selection.ts";
import { etagOf } from "../../etag.ts";
import { membershipId } from "../../membership-id.ts";

const endpoints: ReadonlyMap<string, string> = new Map(resourceTypes.map(({ id, endpoint }) => [id, endpoint]));
const named = (display: string | null): JsonObject => (display === null ? {} : { display });

const keyOf = ({ group, member }: Membership): MembershipKey => ({ group: group.value, member: member.value });

export class MembershipRepresentation {
  readonly #base: string;

  /** `base`: the URI of the SCIM service, without a slash at its end. */
  constructor(base: string) {
    this.#base = base;
  }

  locationOf(key: MembershipKey): string {
    return `${this.#base}${groupMembershipType.endpoint}/${membershipId(key)}`;
  }

  /** The part of it that a client asked for, as JSON text. */
  selected(membership: Membership, selection: Selection): string {
    return JSON.stringify(select(this.#whole(membership), selection));
  }

  /** A membership never changes: `lastModified` is when it was created. */
  #whole(membership: Membership): JsonObject {
    const { group, member, since, revision } = membership;
    const key = keyOf(membership);
    const began = formatInstant(since);
    return {
      schemas: [groupMembershipType.schema.id],
      id: membershipId(key),
      group: {
        value: group.value,
        $ref: `${this.#base}${groupType.endpoint}/${group.value}`,
        ...named(group.display),
      },
      member: {
        value: member.value,
        $ref: `${this.#base}${endpoints.get(member.type)}/${member.value}`,
        type: member.type,
        ...named(member.display),
      },
      meta: {
        resourceType: groupMembershipType.name,
        created: began,
        lastModified: began,
        location: this.locationOf(key),
        version: etagOf(revision),
      },
    };
  }
}
