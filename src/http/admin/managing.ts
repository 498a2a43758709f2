import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import type { Exchange } from "../exchange.ts";

/** Whether whoever asks may know of a tenant: administrators of `default` of each, others of their own. */
export const manages = ({ admitted }: Exchange, tenant: string): boolean =>
  admitted.tenant === DEFAULT_TENANT || admitted.tenant === tenant;
