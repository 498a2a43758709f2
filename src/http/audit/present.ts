// A resource as of a position, in the very bytes of a GET.
import type { History, Present } from "../../audit/sources.ts";
import { mayGoOn } from "../../readstore/read-store.ts";
import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { TypesOfTenants } from "../../scim/schema/type-set.ts";
import { parseSelection } from "../../scim/selection.ts";
import { Representation } from "../scim/representation.ts";

const MEMBERS_AT_ONCE = 1_000;

/** `base`: the URI of the SCIM service, without a slash at its end. */
export function presentFrom(store: History, types: TypesOfTenants, base: string): Present {
  const representationOf = once((type: ResourceType) => new Representation(type, base));
  return async (tenant, type, id, asOf) => {
    const resourceType = types.typesOf(tenant).ever(type);
    const resource = await store.get(tenant, type, id, asOf);
    if (resourceType === undefined || resource === undefined) return undefined;
    const representation = representationOf(resourceType);
    const everything = parseSelection(resourceType, {});
    const whole = representation.selected(resource, everything);
    return type === "Group" ? withMembers(whole) : only(whole);

    async function* withMembers(text: string): AsyncGenerator<string> {
      yield text.slice(0, -1);
      let separator = ',"members":[';
      for (let after: string | null = null; ; ) {
        const page = await store.members(tenant, id, after, MEMBERS_AT_ONCE, asOf);
        if (page.length > 0) {
          yield separator + representation.membersText(page, everything);
          separator = ",";
          after = page.at(-1)!.value;
        }
        if (!mayGoOn(page, MEMBERS_AT_ONCE)) break;
      }
      yield separator === "," ? "]}" : "}";
    }
  };
}

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}
