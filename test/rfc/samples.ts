// The resources that RFC 7643 §8 shows, as it shows them.
import type { JsonObject } from "../../src/scim/json.ts";
import { ENTERPRISE, GROUP, USER } from "./engine.ts";

const users = "https://example.com/v2/Users";
const groups = "https://example.com/v2/Groups";
export const bjensen = "2819c223-7f76-453a-919d-413861904646";

/** §8.1 */
export const minimalUser: JsonObject = {
  schemas: [USER],
  id: bjensen,
  userName: "bjensen@example.com",
  meta: {
    resourceType: "User",
    created: "2010-01-23T04:56:22Z",
    lastModified: "2011-05-13T04:42:34Z",
    version: 'W/"3694e05e9dff590"',
    location: `${users}/${bjensen}`,
  },
};

const certificate =
  "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMxEzARBgNVBAgMCkNhbGlmb3JuaWExFDASBgNVBAoMC2V4YW1wbGUuY29tMRQwEgYDVQQDDAtleGFtcGxlLmNvbTAeFw0xMTEwMjIwNjI0MzFaFw0xMjEwMDQwNjI0MzFaMH8xCzAJBgNVBAYTAlVTMRMwEQYDVQQIDApDYWxpZm9ybmlhMRQwEgYDVQQKDAtleGFtcGxlLmNvbTEhMB8GA1UEAwwYTXMuIEJhcmJhcmEgSiBKZW5zZW4gSUlJMSIwIAYJKoZIhvcNAQkBFhNiamVuc2VuQGV4YW1wbGUuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";

const group = (value: string, display: string): JsonObject => ({ value, $ref: `${groups}/${value}`, display });

/** What §8.2 and §8.3 have in common, without `groups`, `password` and what the service itself says. */
export const fullAttributes: JsonObject = {
  externalId: "701984",
  userName: "bjensen@example.com",
  name: {
    formatted: "Ms. Barbara J Jensen, III",
    familyName: "Jensen",
    givenName: "Barbara",
    middleName: "Jane",
    honorificPrefix: "Ms.",
    honorificSuffix: "III",
  },
  displayName: "Babs Jensen",
  nickName: "Babs",
  profileUrl: "https://login.example.com/bjensen",
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  addresses: [
    {
      type: "work",
      streetAddress: "100 Universal City Plaza",
      locality: "Hollywood",
      region: "CA",
      postalCode: "91608",
      country: "USA",
      formatted: "100 Universal City Plaza\nHollywood, CA 91608 USA",
      primary: true,
    },
    {
      type: "home",
      streetAddress: "456 Hollywood Blvd",
      locality: "Hollywood",
      region: "CA",
      postalCode: "91608",
      country: "USA",
      formatted: "456 Hollywood Blvd\nHollywood, CA 91608 USA",
    },
  ],
  phoneNumbers: [
    { value: "555-555-5555", type: "work" },
    { value: "555-555-4444", type: "mobile" },
  ],
  ims: [{ value: "someaimhandle", type: "aim" }],
  photos: [
    { value: "https://photos.example.com/profilephoto/72930000000Ccne/F", type: "photo" },
    { value: "https://photos.example.com/profilephoto/72930000000Ccne/T", type: "thumbnail" },
  ],
  userType: "Employee",
  title: "Tour Guide",
  preferredLanguage: "en-US",
  locale: "en-US",
  timezone: "America/Los_Angeles",
  active: true,
  x509Certificates: [{ value: certificate }],
};

/** §8.2 */
export const fullUser: JsonObject = {
  ...minimalUser,
  ...fullAttributes,
  password: "t1meMa$heen",
  groups: [
    group("e9e30dba-f08f-4109-8486-d5c6a331660a", "Tour Guides"),
    group("fc348aa8-3835-40eb-a20b-c726e15c55b5", "Employees"),
    group("71ddacd2-a8e7-49b8-a5db-ae50d0a5bfd7", "US Employees"),
  ],
};

export const employment: JsonObject = {
  employeeNumber: "701984",
  costCenter: "4130",
  organization: "Universal Studios",
  division: "Theme Park",
  department: "Tour Operations",
};
const manager = "26118915-6090-4610-87e4-49d8ca9f808d";

/** §8.3 */
export const enterpriseUser: JsonObject = {
  ...fullUser,
  schemas: [USER, ENTERPRISE],
  [ENTERPRISE]: {
    ...employment,
    manager: { value: manager, $ref: `../Users/${manager}`, displayName: "John Smith" },
  },
};

/** §8.4 */
export const tourGuides: JsonObject = {
  schemas: [GROUP],
  id: "e9e30dba-f08f-4109-8486-d5c6a331660a",
  displayName: "Tour Guides",
  members: [
    { value: bjensen, $ref: `${users}/${bjensen}`, display: "Babs Jensen" },
    {
      value: "902c246b-6245-4190-8e05-00816be7344a",
      $ref: `${users}/902c246b-6245-4190-8e05-00816be7344a`,
      display: "Mandy Pepperidge",
    },
  ],
  meta: {
    resourceType: "Group",
    created: "2010-01-23T04:56:22Z",
    lastModified: "2011-05-13T04:42:34Z",
    version: 'W/"3694e05e9dff592"',
    location: `${groups}/e9e30dba-f08f-4109-8486-d5c6a331660a`,
  },
};
