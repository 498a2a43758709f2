// A resource as of a position, in the very bytes of a GET.
import type { History, Present } from "../../audit/sources.ts";
import { mayGoOn } from "../../readstore/read-store.ts";
import { resourceTypes } from "../../scim/schema/resource-types.ts";
import { parseSelection } from "../../scim/selection.ts";
import { Representation } from "../scim/representation.ts";

const MEMBERS_AT_ONCE = 1_000;

/** `base`: the URI of the SCIM service, without a slash at its end. */
export function presentFrom(store: History, base: string): Present {
  const representations = new Map(resourceTypes.map((type) => [type.name, new Representation(type, base)]));
  return async (tenant, type, id, asOf) => {
    const representation = representations.get(type);
    const resource = await store.get(tenant, type, id, asOf);
    if (representation === undefined || resource === undefined) return undefined;
    const whole = representation.whole(resource);
    return type === "Group" ? withMembers(whole) : only(whole);

    async function* withMembers(text: string): AsyncGenerator<string> {
      yield text.slice(0, -1);
      const everything = parseSelection(representation!.type, {});
      let separator = ',"members":[';
      for (let after: string | null = null; ; ) {
        const page = await store.members(tenant, id, after, MEMBERS_AT_ONCE, asOf);
        if (page.length > 0) {
          yield separator + representation!.membersText(page, everything);
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
