// What was created or changed lately is found by the events of that time, however many resources there are.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Comparison, Filter } from "../../../scim/filter/filter.ts";
import type { ActivityDocument } from "../documents.ts";
import type { Asker } from "./others.ts";

/** Events of all tenants after which an instant is no longer a way into a filter. */
const MOST = 20_000;

/** The instant (microseconds) at or after which every match was created or changed; undefined where the filter says none. */
export function changedSince(filter: Filter): number | undefined {
  switch (filter.kind) {
    case "and": {
      const instants = filter.terms.flatMap((term) => changedSince(term) ?? []);
      return instants.length === 0 ? undefined : Math.max(...instants);
    }
    case "or": {
      const instants = filter.terms.map(changedSince);
      return instants.every((instant) => instant !== undefined) ? Math.min(...instants) : undefined;
    }
    case "compare":
      return isMeta(filter.path) ? instantOf(filter, filter.path.sub?.name) : undefined;
    case "element":
      return isMeta(filter.path) ? withinMeta(filter.filter) : undefined;
    default:
      return undefined;
  }
}

const isMeta = ({ extension, attribute }: AttributePath): boolean =>
  extension === undefined && attribute.name === "meta";

/** `meta[lastModified gt …]`, alone or joined with others by `and`. */
function withinMeta(filter: Filter): number | undefined {
  if (filter.kind === "compare") return instantOf(filter, filter.path.attribute.name);
  if (filter.kind !== "and") return undefined;
  const instants = filter.terms.flatMap((term) => withinMeta(term) ?? []);
  return instants.length === 0 ? undefined : Math.max(...instants);
}

function instantOf({ operator, value }: Comparison, name: string | undefined): number | undefined {
  const isInstant = (name === "created" || name === "lastModified") && typeof value === "number";
  return isInstant && (operator === "gt" || operator === "ge" || operator === "eq") ? value : undefined;
}

/**
 * Numbers of the resources of a tenant that had events since; undefined where these are too many. No event's own time is above
 * its effective time, in whose order they are found.
 */
export async function changedResources(
  { reading, tenant }: Asker,
  since: number,
): Promise<readonly number[] | undefined> {
  const events = await reading.all<ActivityDocument>(
    reading.views.activity,
    { effectiveAt: { $gte: since }, rid: { $exists: true } },
    { limit: MOST + 1, projection: { _id: 0, tenant: 1, rid: 1 } },
  );
  if (events.length > MOST) return undefined;
  return [...new Set(events.flatMap((event) => (event.tenant === tenant ? (event.rid ?? []) : [])))];
}
