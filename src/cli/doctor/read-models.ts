// Checks of read models in MongoDB: resources that are larger than a document there may be.
import { viewsIn } from "../../readstore/mongodb/collections.ts";
import { servingIn } from "../../readstore/mongodb/generations/generations.ts";
import { countUnheld, someUnheld } from "../../readstore/mongodb/lists/unheld.ts";
import { connectAs } from "../../stores/connect-mongo.ts";
import { sayMany } from "../units.ts";
import { type Check, type Finding, ok, problem } from "./check.ts";

/** How many are named. */
const NAMED = 10;

export const readModels: readonly Check[] = [
  {
    name: "large resources",
    of: "read models in MongoDB",
    find: async ({ settings }) => {
      if (settings?.readStore.engine !== "mongodb") return ok("there are none");
      const mongo = await connectAs(settings, settings.readStore.uri);
      try {
        return await unheldIn(viewsIn(mongo.database, (await servingIn(mongo.database)).current));
      } finally {
        await mongo[Symbol.asyncDispose]();
      }
    },
  },
];

async function unheldIn(views: ReturnType<typeof viewsIn>): Promise<Finding> {
  const count = await countUnheld(views);
  if (count === 0) return ok("the read models in MongoDB hold every resource");
  const named = (await someUnheld(views, NAMED)).map(({ tenant, type, id }) => `${type} ${id} of ${tenant}`);
  const others = count > named.length ? `, and ${count - named.length} others` : "";
  return problem(
    `${sayMany(count, "resource")} ${count === 1 ? "is" : "are"} larger than MongoDB holds, and refused with 500, as is every list that ${count === 1 ? "it" : "one of them"} is in: ${named.join(", ")}${others}`,
    "nothing of them is lost: remove values (photos, certificates, long lists) with PATCH, less than 1 MB at a time, until they are read again; or DELETE them",
  );
}
