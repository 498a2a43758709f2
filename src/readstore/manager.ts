// Where a user's manager stands: the name is the manager's own, joined when it is read.
import type { AttributePath } from "../scim/attribute-path.ts";
import { enterpriseUserSchema } from "../scim/schema/enterprise-user.ts";

const ENTERPRISE = enterpriseUserSchema.id;

/** The steps to the manager's id. */
export const MANAGER_ID = [ENTERPRISE, "manager", "value"];
export const isManager = ({ extension, attribute }: AttributePath): boolean =>
  extension === ENTERPRISE && attribute.name === "manager";
export const isManagerName = (path: AttributePath): boolean => isManager(path) && path.sub?.name === "displayName";
