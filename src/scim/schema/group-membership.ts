// draft-zollner-scim-group-membership: one membership as a resource, so that no group has to be read or written as a whole.
// It is created and deleted, never changed.
import { complex, reference, schema, string } from "./define.ts";

const immutable = { mutability: "immutable" } as const;
const readOnly = { mutability: "readOnly" } as const;
const id = { mutability: "immutable", required: true, caseExact: true } as const;

export const groupMembershipSchema = schema(
  "urn:ietf:params:scim:schemas:core:2.0:GroupMembership",
  "GroupMembership",
  "The membership of one user or group in one group.",
  [
    complex(
      "group",
      "The group.",
      [
        string("value", "The identifier of the group.", id),
        reference("$ref", "The URI of the group.", ["Group"], readOnly),
        string("display", "The group's name.", readOnly),
      ],
      { ...immutable, required: true },
    ),
    complex(
      "member",
      "Who belongs to the group.",
      [
        string("value", "The identifier of the member.", id),
        reference("$ref", "The URI of the member.", ["User", "Group"], readOnly),
        string("type", "Whether the member is a user or a group.", {
          ...readOnly,
          canonicalValues: ["User", "Group"],
        }),
        string("display", "The member's name.", readOnly),
      ],
      { ...immutable, required: true },
    ),
  ],
);
