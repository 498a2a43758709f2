// RFC 7643 §4.1 and §8.7.1.
import { binary, boolean, complex, display, multiValued, primary, reference, schema, string, type } from "./define.ts";

const readOnly = { mutability: "readOnly" } as const;

export const userSchema = schema("urn:ietf:params:scim:schemas:core:2.0:User", "User", "A person's account.", [
  string("userName", "The name by which the user signs in, unique in the service.", {
    required: true,
    uniqueness: "server",
  }),
  complex("name", "The parts of the user's name.", [
    string("formatted", "The whole name, ready to show."),
    string("familyName", "The family name, or last name."),
    string("givenName", "The given name, or first name."),
    string("middleName", "The middle names."),
    string("honorificPrefix", "The title before the name, such as “Ms.”."),
    string("honorificSuffix", "What follows the name, such as “III”."),
  ]),
  string("displayName", "The user's name as shown to others."),
  string("nickName", "What the user is called in daily life."),
  reference("profileUrl", "A page about the user.", ["external"]),
  string("title", "The user's job title, such as “Vice President”."),
  string("userType", "The user's relation to the organization, such as “Contractor”."),
  string("preferredLanguage", "The languages the user prefers, as in an Accept-Language header."),
  string("locale", "The user's place for formats of dates, numbers and currency, such as “en-US”."),
  string("timezone", "The user's time zone in the IANA form, such as “America/Los_Angeles”."),
  boolean("active", "Whether the account is in use."),
  string("password", "The user's secret, accepted and never shown.", { mutability: "writeOnly", returned: "never" }),
  multiValued("emails", "The user's email addresses.", [
    string("value", "An email address."),
    display,
    type("work", "home", "other"),
    primary,
  ]),
  multiValued("phoneNumbers", "The user's telephone numbers.", [
    string("value", "A telephone number, best as an RFC 3966 URI."),
    display,
    type("work", "home", "mobile", "fax", "pager", "other"),
    primary,
  ]),
  multiValued("ims", "The user's instant messaging addresses.", [
    string("value", "An instant messaging address."),
    display,
    type("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
    primary,
  ]),
  multiValued("photos", "Pictures of the user.", [
    reference("value", "Where the picture is.", ["external"]),
    display,
    type("photo", "thumbnail"),
    primary,
  ]),
  multiValued("addresses", "The user's postal addresses.", [
    string("formatted", "The whole address, ready to print; may hold line breaks."),
    string("streetAddress", "The street, house and unit; may hold line breaks."),
    string("locality", "The city or locality."),
    string("region", "The state or region."),
    string("postalCode", "The postal code."),
    string("country", "The country, as an ISO 3166-1 alpha-2 code."),
    type("work", "home", "other"),
    primary,
  ]),
  multiValued(
    "groups",
    "The groups to which the user belongs; changed through the groups.",
    [
      string("value", "The identifier of the group.", readOnly),
      reference("$ref", "The URI of the group.", ["User", "Group"], readOnly),
      string("display", "The group's name.", readOnly),
      string("type", "Whether the user is a member of the group itself or of a group within it.", {
        ...readOnly,
        canonicalValues: ["direct", "indirect"],
      }),
    ],
    readOnly,
  ),
  multiValued("entitlements", "Things the user is entitled to.", [
    string("value", "An entitlement."),
    display,
    type(),
    primary,
  ]),
  multiValued("roles", "The user's roles.", [string("value", "A role."), display, type(), primary]),
  multiValued("x509Certificates", "Certificates issued to the user.", [
    binary("value", "A DER certificate in base64."),
    display,
    type(),
    primary,
  ]),
]);
