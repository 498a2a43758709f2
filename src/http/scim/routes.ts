// Everything under `/scim/v2`, the busiest first: Express tries routes in their order.
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import { notImplemented } from "../refusal.ts";
import type { Route } from "../route.ts";
import { discoveryRoutes } from "./discovery.ts";
import { GroupWriting } from "./groups.ts";
import { Reading, type ReadingOptions } from "./reading.ts";
import { Representation } from "./representation.ts";
import { UserWriting } from "./users.ts";
import type { WritingOptions } from "./writing.ts";

export const SCIM_PATH = "/scim/v2";

export interface ScimOptions extends ReadingOptions, WritingOptions {
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
}

/** What SCIM defines and this service does not offer; its configuration says so too. */
const unsupported = (path: string, what: string, method: Route["method"] = "ALL"): Route => ({
  method,
  path: SCIM_PATH + path,
  scope: "scim:read",
  handle: () => {
    throw notImplemented(what);
  },
});

export function scimRoutes(options: ScimOptions): readonly Route[] {
  const base = options.baseUrl + SCIM_PATH;
  const [users, groups] = [new Representation(userType, base), new Representation(groupType, base)];
  const [userReading, groupReading] = [new Reading(users, options), new Reading(groups, options)];
  const [usersPath, groupsPath] = [SCIM_PATH + userType.endpoint, SCIM_PATH + groupType.endpoint];
  return [
    ...userReading.routes(usersPath),
    ...new UserWriting(users, options).routes(usersPath),
    ...new GroupWriting(groups, groupReading, options).routes(groupsPath),
    ...groupReading.routes(groupsPath),
    ...discoveryRoutes(SCIM_PATH, { base, maxResults: options.pages.maxPageSize }),
    unsupported("/Me", "The endpoint /Me"),
    unsupported("/Bulk", "The endpoint /Bulk", "POST"),
    unsupported("/.search", "The query by POST", "POST"),
    unsupported(`${userType.endpoint}/.search`, "The query by POST", "POST"),
    unsupported(`${groupType.endpoint}/.search`, "The query by POST", "POST"),
  ];
}
