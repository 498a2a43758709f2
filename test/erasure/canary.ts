// A person whose every value can be searched for in files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const CANARY = "Canary-of-a-person";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export const person = {
  userName: CANARY,
  externalId: `${CANARY}-external`,
  name: { givenName: `${CANARY}-given`, familyName: `${CANARY}-family` },
  displayName: `${CANARY}-display`,
  emails: [{ value: `${CANARY}@example.com`, type: "work", primary: true }],
  addresses: [{ streetAddress: `${CANARY}-street`, type: "home" }],
  roles: [{ value: "admin", display: `${CANARY}-role` }],
  active: true,
  [ENTERPRISE]: { department: `${CANARY}-department` },
};

/** What an erased `person` reads as, also in the past. */
export const erasedPerson = {
  userName: "[erased]",
  externalId: "[erased]",
  name: { givenName: "[erased]", familyName: "[erased]" },
  emails: [{ value: "[erased]" }],
  roles: [{ value: "admin" }],
  active: true,
  [ENTERPRISE]: { department: "[erased]" },
};

/** Files of a folder that hold a text of the canary's, in any form that SQLite stores. */
export const filesWithCanary = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return [CANARY, CANARY.toLowerCase()].some((text) =>
        (["utf8", "utf16le"] as const).some((encoding) => bytes.includes(Buffer.from(text, encoding))),
      );
    });
