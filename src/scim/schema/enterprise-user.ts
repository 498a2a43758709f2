// RFC 7643 §4.3 and §8.7.1.
import { complex, reference, schema, string } from "./define.ts";

export const enterpriseUserSchema = schema(
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  "EnterpriseUser",
  "What an employer records about a user.",
  [
    string("employeeNumber", "The number the organization gave to the person."),
    string("costCenter", "The name of the cost center."),
    string("organization", "The name of the organization."),
    string("division", "The name of the division."),
    string("department", "The name of the department."),
    complex("manager", "The user's manager.", [
      string("value", "The identifier of the manager's own user resource."),
      reference("$ref", "The URI of the manager's user resource.", ["User"]),
      string("displayName", "The manager's name.", { mutability: "readOnly" }),
    ]),
  ],
);
