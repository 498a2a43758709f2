// The attributes of every resource (RFC 7643 §3.1), and `schemas` (§3). They belong to no schema document.
import { complex, dateTime, reference, string } from "./define.ts";

const readOnly = { mutability: "readOnly" } as const;

export const commonAttributes = Object.freeze([
  // URNs compare without case (RFC 8141 §3.1).
  string("schemas", "The URNs of the schemas that the resource uses.", {
    multiValued: true,
    required: true,
    returned: "always",
  }),
  string("id", "The resource's identifier, issued by this service and never given to another resource.", {
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
  }),
  string("externalId", "The resource's identifier at the provisioning client.", { caseExact: true }),
  complex(
    "meta",
    "What the service knows about the resource itself.",
    [
      string("resourceType", "The name of the resource's type.", { ...readOnly, caseExact: true }),
      dateTime("created", "When the resource was created.", readOnly),
      dateTime("lastModified", "When the resource was last changed.", readOnly),
      reference("location", "The resource's own URI.", ["uri"], readOnly),
      string("version", "The resource's entity tag.", { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
]);
