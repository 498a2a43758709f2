// A resource and what is computed of others when it is read, in one command: it names its groups and its manager, and one join by
// their ids finds what they are called now. Pages are read by `resource-reader.ts`, in a bounded number of commands.
import { type Document, MongoServerError } from "mongodb";
import type { ReadResource } from "../../read-store.ts";
import type { Views } from "../collections.ts";
import { OPEN, type ResourceDocument } from "../documents.ts";
import { type Answered, resourceOf } from "./resource-reader.ts";

/** All collections of the command are seen at one instant. */
export const ONE_INSTANT = { readConcern: { level: "snapshot" } } as const;

/**
 * Whether several commands may do what the server would not do in one: long names of others may fill more than a document, which
 * has a code of its own at each step. A server that did not answer is another kind of error by then.
 */
export const asksApart = (error: unknown): boolean => error instanceof MongoServerError;

/** A document of `resources`, and the live ones among those that it names. */
export interface Joined extends Answered, Pick<ResourceDocument, "held"> {
  readonly others: readonly Pick<ResourceDocument, "id" | "display">[];
}

/**
 * Reads the documents that were found, with those that they name. The join is by an id alone, which an index begins with; a
 * pipeline in it would have DocumentDB look at every resource there is.
 */
export const joinedStages = ({ resources }: Views, tenant: string): Document[] => [
  { $set: { named: { $concatArrays: [{ $ifNull: ["$held", []] }, ["$manager"]] } } },
  { $lookup: { from: resources.collectionName, localField: "named", foreignField: "id", as: "others" } },
  { $set: { others: { $map: { input: livingIn(tenant), as: "other", in: CALLED } } } },
  { $project: { ix: 0, keys: 0, named: 0 } },
];

const CALLED = { id: "$$other.id", display: "$$other.display" };
const livingIn = (tenant: string): Document => ({
  $filter: {
    input: "$others",
    as: "other",
    cond: { $and: [{ $eq: ["$$other.tenant", { $literal: tenant }] }, { $eq: ["$$other.until", OPEN] }] },
  },
});

/** Whether all of its groups were joined; it may be in too many. */
export const isJoined = ({ held }: Joined): boolean => held !== null;

/** As it is answered: only a user has groups and a manager. */
export function joinedResourceOf(document: Joined): ReadResource {
  const { type, held, manager, others } = document;
  if (type !== "User") return resourceOf(document);
  const displays = new Map(others.map(({ id, display }) => [id, display]));
  const groups = (held ?? []).flatMap((value) => {
    const display = displays.get(value);
    return display === undefined ? [] : [{ value, display }];
  });
  return resourceOf(document, groups, manager === null ? null : (displays.get(manager) ?? null));
}
