// `/.search` (RFC 7644 §3.4.3) stands where ids stand, and can be none.
import { notFound } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Exchange } from "../exchange.ts";
import { methodNotAllowed } from "../refusal.ts";

export const SEARCH = ".search";

export const missing = (typeName: string, id: string) => notFound(`There is no ${typeName} with id ${quote(id)}.`);

/** What answers an id that is nobody's: 404, but 405 at the path of searches, which has POST alone. */
export const absent = ({ request }: Exchange, type: ResourceType, id: string): Error =>
  id === SEARCH ? methodNotAllowed(request.method as string, "POST") : missing(type.name, id);
