// Ids and attribute values of generated resources: functions of an index alone, so that the generator, the load client and
// the peers agree on them without a word.
import type { JsonObject } from "../../src/scim/json.ts";

/** Every generated id lies in its own millisecond after this instant (2026-01-01), as ids made one by one would. */
const FIRST_MILLISECOND = 1_767_225_600_000;
const GROUPS_FROM = 100_000_000;

/** UUIDv7 of the user with this index (below 100 million). */
export const userId = (index: number): string => uuidV7(index);
/** UUIDv7 of the group with this index. */
export const groupId = (index: number): string => uuidV7(GROUPS_FROM + index);

function uuidV7(index: number): string {
  const time = (FIRST_MILLISECOND + index).toString(16).padStart(12, "0");
  const [high, low] = [scrambled(index), scrambled(index + 0x5bd1e995)];
  const random = high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(4)}`;
}

/** 32 well-mixed bits of an index (the finaliser of MurmurHash3). */
function scrambled(index: number): number {
  let mixed = index | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const GIVEN = [
  "Ada",
  "Alan",
  "Barbara",
  "Dennis",
  "Edsger",
  "Frances",
  "Grace",
  "Ken",
  "Leslie",
  "Margaret",
  "Niklaus",
];
const FAMILY = [
  "Allen",
  "Dijkstra",
  "Hamilton",
  "Hopper",
  "Lamport",
  "Liskov",
  "Lovelace",
  "Ritchie",
  "Turing",
  "Wirth",
];
const DEPARTMENTS = ["Engineering", "Finance", "Legal", "Marketing", "Operations", "People", "Research", "Sales"];

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export const userNameOf = (name: string): string => `${name}@example.com`;
export const externalIdOf = (name: string): string => `00u${name}`;
/** The work address; another text than the userName, so that its filter does not profit from it. */
export const emailOf = (name: string): string => `${name}@mail.example.com`;

/** What names of users begin with. */
export const PREFIX = "user";
/** The name in which the user with this index is unique. */
export const nameOf = (index: number): string => PREFIX + String(index).padStart(8, "0");

/** What an identity provider sends to create a user: about 700 bytes of JSON, in the manner of Okta. */
export function userAttributes(name: string, index: number): JsonObject {
  const given = GIVEN[index % GIVEN.length]!;
  const family = FAMILY[index % FAMILY.length]!;
  return {
    schemas: [CORE, ENTERPRISE],
    userName: userNameOf(name),
    externalId: externalIdOf(name),
    name: { givenName: given, familyName: family },
    displayName: `${given} ${family}`,
    title: "Engineer",
    locale: "en-US",
    timezone: "Europe/Berlin",
    active: true,
    emails: [{ primary: true, value: emailOf(name), type: "work" }],
    phoneNumbers: [{ primary: true, value: `+1 555 ${String(index % 10_000_000).padStart(7, "0")}`, type: "work" }],
    addresses: [
      { type: "work", streetAddress: "1 Main Street", locality: "Springfield", postalCode: "12345", country: "US" },
    ],
    [ENTERPRISE]: {
      employeeNumber: String(index),
      costCenter: `CC-${index % 500}`,
      department: DEPARTMENTS[index % DEPARTMENTS.length]!,
    },
  };
}
