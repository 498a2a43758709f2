// A resource and what is computed of others when it is read, in one command: for one or a few, of which each join is a look into
// an index. Pages are read by `resource-reader.ts`, in a bounded number of commands.
import type { Document } from "mongodb";
import type { ReadResource } from "../read-store.ts";
import type { Views } from "./collections.ts";
import { OPEN } from "./documents.ts";
import { type Answered, resourceOf } from "./resource-reader.ts";

/** All collections of the command are seen at one instant. */
export const ONE_INSTANT = { readConcern: { level: "snapshot" } } as const;

/** A document of `resources` with the documents of others that it names. */
export interface Joined extends Answered {
  readonly holding: readonly { readonly id: string; readonly display: string | null }[];
  readonly managing: readonly { readonly display: string | null }[];
}

/** What joins the live groups and the live manager of each document. */
export const joinedStages = ({ members, resources }: Views, tenant: string): Document[] => [
  {
    $lookup: {
      from: members.collectionName,
      localField: "_id",
      foreignField: "member",
      pipeline: [{ $match: { to: OPEN } }, { $project: { _id: 0, grp: 1 } }],
      as: "memberships",
    },
  },
  {
    $lookup: {
      from: resources.collectionName,
      localField: "memberships.grp",
      foreignField: "_id",
      pipeline: [{ $match: { until: OPEN } }, { $project: { _id: 0, id: 1, display: 1 } }],
      as: "holding",
    },
  },
  {
    $lookup: {
      from: resources.collectionName,
      localField: "manager",
      foreignField: "id",
      pipeline: [{ $match: { tenant, until: OPEN } }, { $project: { _id: 0, display: 1 } }],
      as: "managing",
    },
  },
];

/** As it is answered: only a user has groups and a manager. */
export function joinedResourceOf(document: Joined): ReadResource {
  const { type, holding, managing } = document;
  if (type !== "User") return resourceOf(document);
  const groups = holding.map(({ id, display }) => ({ value: id, display }));
  groups.sort((a, b) => (a.value < b.value ? -1 : 1));
  return resourceOf(document, groups, managing[0]?.display ?? null);
}
