// Memberships made and ended (draft-zollner-scim-group-membership) without a request and without an answer. Each is one command
// on its group, which costs the same in a group of ten and of a hundred thousand.
import { setTimeout as pause } from "node:timers/promises";
import { Conflict } from "../../../eventlog/event-log.ts";
import type { CommandContext, CommandOptions, Provisioning } from "../../../eventlog/provisioning.ts";
import { requireVersion } from "../../../eventlog/required-version.ts";
import type { MembershipKey } from "../../../readstore/memberships.ts";
import type { ReadStore } from "../../../readstore/read-store.ts";
import { invalidValue, ScimError } from "../../../scim/errors.ts";
import type { Json, JsonObject } from "../../../scim/json.ts";
import { readResource } from "../../../scim/normalise/read.ts";
import { quote } from "../../../scim/quote.ts";
import { groupMembershipType } from "../../../scim/schema/resource-types.ts";
import { membershipId, parseMembershipId } from "../../membership-id.ts";
import { isResourceId } from "../../resource-id.ts";
import type { Leafed } from "../leaf-header.ts";
import { readBy, reading } from "../read-by-profile.ts";
import { missing } from "../search-path.ts";

const missingMembership = (id: string) => missing(groupMembershipType.name, id);

/** The membership that an id in a path names. 404 for what cannot be one. */
export function membershipKeyOf(id: string): MembershipKey {
  const key = parseMembershipId(id);
  if (key === undefined) throw missingMembership(id);
  return key;
}

/** Tries of a conditional DELETE while others write to its group. */
const TRIES = 8;

const valueIn = (reference: Json | undefined): string => String((reference as JsonObject)["value"]);

/** The membership that a body describes. 400 invalidValue for one that cannot be. */
function keyIn(attributes: JsonObject): MembershipKey {
  if (attributes["externalId"] !== undefined)
    throw invalidValue("externalId: a GroupMembership is known by its group and its member alone.");
  const [group, member] = [valueIn(attributes["group"]), valueIn(attributes["member"])];
  if (!isResourceId(group)) throw invalidValue(`group.value: there is no Group with id ${quote(group)}`);
  if (!isResourceId(member)) throw invalidValue(`member.value: there is no User or Group with id ${quote(member)}`);
  return { group, member };
}

export class MembershipOperations {
  readonly #provisioning: Provisioning;
  readonly #readStore: ReadStore;

  constructor(provisioning: Provisioning, readStore: ReadStore) {
    this.#provisioning = provisioning;
    this.#readStore = readStore;
  }

  /**
   * `body` is parsed JSON as the client sent it. Resolves once the membership is durable and visible. Throws ScimError: 400
   * invalidValue for a group or member that cannot be, 409 uniqueness for a membership that stands.
   */
  create(body: unknown, context: CommandContext): Promise<MembershipKey & Leafed> {
    return reading(context, async (n) => {
      const read = readResource(n, groupMembershipType, body, "create");
      const key = keyIn(read.attributes);
      const command = { type: "AddMember", id: key.group, member: key.member } as const;
      const { leaf } = await this.#provisioning.group(command, readBy(context, n, read));
      return { ...key, ...(leaf === undefined ? {} : { leaf }) };
    });
  }

  /**
   * Throws ScimError: 404, 412. A group does not know the versions of its memberships: a condition is checked here, and the
   * command then holds at that version of the group alone, at which it was checked.
   */
  async remove(key: MembershipKey, context: CommandContext, options: CommandOptions): Promise<Leafed> {
    const { group, member } = key;
    const isConditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
    for (let attempt = 1; ; attempt++) {
      const membership = await this.#readStore.membership(context.tenant, group, member);
      if (membership === undefined) throw missingMembership(membershipId(key));
      requireVersion(membership.revision, options);
      const unchanged = { ifMatch: (version: number) => version === membership.groupVersion };
      try {
        return await this.#provisioning.group(
          { type: "RemoveMember", id: group, member },
          context,
          isConditional ? unchanged : {},
        );
      } catch (error) {
        if (!(isConditional && error instanceof ScimError && error.status === 412)) throw error;
        if (attempt === TRIES) throw new Conflict(`the group ${group}`);
        await pause(2 ** attempt * Math.random());
      }
    }
  }
}
