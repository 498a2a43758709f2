// Microsoft Entra ID, as its documentation and its requests on the wire show it: a capital op, a path for each, booleans as
// text, members removed by a list of values.
import type { JsonObject } from "../src/scim/json.ts";
import type { Client } from "./client.ts";
import { created, GROUP, nothingFound, patch, USER } from "./messages.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/** No SCIM schema, yet Entra ID names it with every group. */
const DIRECTORY_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

interface Person {
  readonly userName: string;
  readonly given: string;
  readonly family: string;
  readonly title: string;
  readonly externalId: string;
}

const userBody = ({ userName, given, family, title, externalId }: Person): JsonObject => ({
  schemas: [USER, ENTERPRISE],
  externalId,
  userName,
  active: true,
  displayName: `${given} ${family}`,
  title,
  emails: [{ primary: true, type: "work", value: userName }],
  meta: { resourceType: "User" },
  name: { formatted: `${given} ${family}`, familyName: family, givenName: given },
  roles: [],
});

const groupBody = (displayName: string, externalId: string): JsonObject => ({
  schemas: [GROUP, DIRECTORY_GROUP],
  externalId,
  displayName,
  meta: { resourceType: "Group" },
});

/** Members are always sent one by one, after the group. */
const members = (op: "Add" | "Remove", id: string): JsonObject =>
  patch({ op, path: "members", value: [{ $ref: null, value: id }] });

export interface Provisioned {
  readonly ada: string;
  readonly engineering: string;
  readonly compilers: string;
}

/** Two people, two groups, one within the other. `remember` is told who bears which id. */
export async function provision(entra: Client, remember: (id: string, name: string) => void): Promise<Provisioned> {
  const { send } = entra;
  const probe = "6f1c2b1e-55aa-4f0e-a3a7-1d2f7d0b9c11";
  await send({
    method: "GET",
    path: `/Users?filter=userName eq "${probe}"`,
    expect: 200,
    says: "the connection test: nobody has this name",
    check: nothingFound,
  });
  const user = async (person: Person): Promise<string> => {
    const name = `${person.given} ${person.family}`;
    const says = `${name} exists`;
    const id = created(await send({ method: "POST", path: "/Users", body: userBody(person), expect: 201, says }));
    remember(id, name);
    return id;
  };
  const ada = await user({
    userName: "ada@example.com",
    given: "Ada",
    family: "Lovelace",
    title: "Analyst",
    externalId: "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
  });
  const alan = await user({
    userName: "alan@example.com",
    given: "Alan",
    family: "Turing",
    title: "Mathematician",
    externalId: "5c0c2a74-5b8f-4a4e-9d6b-31b1a4c1f6d2",
  });
  await send({
    method: "GET",
    path: '/Groups?excludedAttributes=members&filter=displayName eq "Engineering"',
    expect: 200,
    says: "no such group yet",
    check: nothingFound,
  });
  const group = async (name: string, externalId: string): Promise<string> => {
    const body = groupBody(name, externalId);
    const id = created(await send({ method: "POST", path: "/Groups", body, expect: 201, says: `${name}, empty` }));
    remember(id, name);
    return id;
  };
  const engineering = await group("Engineering", "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159");
  const compilers = await group("Compilers", "b0c7e1ab-9f52-4f0c-8a5e-0f6d2d3c4e5f");
  const add = (to: string, id: string, says: string) =>
    send({ method: "PATCH", path: `/Groups/${to}`, body: members("Add", id), expect: 204, says });
  await add(compilers, ada, "Ada joins Compilers");
  await add(engineering, compilers, "Compilers becomes a part of Engineering");
  await add(engineering, alan, "Alan joins Engineering");
  return { ada, engineering, compilers };
}

/** Ada gets another title, leaves, and is disabled. */
export async function deprovision({ send }: Client, { ada, compilers }: Provisioned): Promise<void> {
  await send({
    method: "PATCH",
    path: `/Users/${ada}`,
    body: patch(
      { op: "Replace", path: "title", value: "Countess" },
      { op: "Replace", path: 'emails[type eq "work"].value', value: "ada.lovelace@example.com" },
      { op: "Add", path: `${ENTERPRISE}:department`, value: "Engines" },
    ),
    expect: 200,
    says: "a new title, another address, a department",
    check: ({ title }) => title === "Countess",
  });
  await send({
    method: "PATCH",
    path: `/Groups/${compilers}`,
    body: members("Remove", ada),
    expect: 204,
    says: "Ada leaves Compilers: remove with a list of values",
  });
  const disable = patch({ op: "Replace", path: "active", value: "False" });
  const path = `/Users/${ada}`;
  const isDisabled = ({ active }: JsonObject): boolean => active === false;
  await send({
    method: "PATCH",
    path,
    body: disable,
    expect: 200,
    says: "disabled, by “False” as text",
    check: isDisabled,
  });
  await send({
    method: "PATCH",
    path,
    body: disable,
    expect: 200,
    says: "again, as in every cycle: no event",
    check: isDisabled,
  });
}
