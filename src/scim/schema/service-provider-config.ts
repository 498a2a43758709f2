// RFC 7643 §5 and §8.7.2, RFC 9865 §4. The listing omits `type` and `primary` of an authentication scheme, which §5 defines.
import { boolean, complex, integer, multiValued, reference, schema, string } from "./define.ts";

const readOnly = { mutability: "readOnly" } as const;
const given = { mutability: "readOnly", required: true } as const;

const supported = boolean("supported", "Whether the service offers this.", given);

export const serviceProviderConfigSchema = schema(
  "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
  "Service Provider Configuration",
  "What this service offers.",
  [
    reference("documentationUri", "A page for people about this service.", ["external"], readOnly),
    complex("patch", "The PATCH method.", [supported], given),
    complex(
      "bulk",
      "The bulk endpoint.",
      [
        supported,
        integer("maxOperations", "How many operations one request may hold.", given),
        integer("maxPayloadSize", "How large one request may be, in bytes.", given),
      ],
      given,
    ),
    complex(
      "filter",
      "Filters.",
      [supported, integer("maxResults", "How many resources one answer may hold.", given)],
      given,
    ),
    complex("changePassword", "Changing a password.", [supported], given),
    complex("sort", "Sorting.", [supported], given),
    complex("etag", "Entity tags.", [supported], given),
    // RFC 9865 §4.
    complex(
      "pagination",
      "How lists are paged.",
      [
        boolean("cursor", "Whether lists can be paged by cursor.", given),
        boolean("index", "Whether lists can be paged by index.", given),
        string("defaultPaginationMethod", "How a list is paged where the client does not say.", {
          ...readOnly,
          canonicalValues: ["cursor", "index"],
        }),
        integer("defaultPageSize", "How many resources a page holds without count.", readOnly),
        integer("maxPageSize", "How many resources a page may hold.", readOnly),
        integer("cursorTimeout", "How many seconds a cursor is valid between two pages.", readOnly),
      ],
      readOnly,
    ),
    multiValued(
      "authenticationSchemes",
      "How a client may authenticate.",
      [
        string("type", "The kind of scheme.", {
          ...given,
          canonicalValues: ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"],
        }),
        string("name", "The scheme's common name.", given),
        string("description", "What the scheme is.", given),
        reference("specUri", "The scheme's specification.", ["external"], readOnly),
        reference("documentationUri", "How to use the scheme here.", ["external"], readOnly),
        boolean("primary", "True for the preferred scheme.", readOnly),
      ],
      given,
    ),
  ],
);
