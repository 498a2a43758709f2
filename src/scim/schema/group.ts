// RFC 7643 §4.2 and §8.7.1. The text and the description require `displayName`; the listing's `"required": false` is an
// oversight. The listing has no `members.display`, which §2.4 gives to every multi-valued attribute; here it is computed.
import { multiValued, reference, schema, string } from "./define.ts";

const immutable = { mutability: "immutable" } as const;

export const groupSchema = schema("urn:ietf:params:scim:schemas:core:2.0:Group", "Group", "A group of users.", [
  string("displayName", "The group's name.", { required: true }),
  multiValued("members", "The users and groups that belong to the group.", [
    string("value", "The identifier of the member.", immutable),
    reference("$ref", "The URI of the member.", ["User", "Group"], immutable),
    string("type", "Whether the member is a user or a group.", { ...immutable, canonicalValues: ["User", "Group"] }),
    string("display", "The member's name.", { mutability: "readOnly" }),
  ]),
]);
