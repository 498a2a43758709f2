// Every path of a type, looked up once.
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { type Target, targets } from "../../rfc/reference/schema.ts";

const targetsOf = new Map<ResourceType, readonly Target[]>();
export const pathsOf = (type: ResourceType): readonly Target[] => {
  const known = targetsOf.get(type) ?? targets(type);
  targetsOf.set(type, known);
  return known;
};
