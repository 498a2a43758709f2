// Okta, as its documentation and its requests on the wire show it: whole objects by PUT with `groups` and a placeholder
// password, PATCH without a path, pushed groups.
import type { JsonObject } from "../src/scim/json.ts";
import type { Client } from "./client.ts";
import { created, GROUP, nothingFound, patch, USER } from "./messages.ts";

const userBody = (displayName: string): JsonObject => ({
  schemas: [USER],
  userName: "grace@example.com",
  name: { givenName: "Grace", familyName: "Hopper" },
  emails: [{ primary: true, value: "grace@example.com", type: "work" }],
  displayName,
  locale: "en-US",
  externalId: "00ujl29u0le5T6Aj10h7",
  groups: [],
  password: "1mz050nq",
  active: true,
});

const hasNoPassword = (answer: JsonObject): boolean => !Object.hasOwn(answer, "password");

/** One person, one pushed group. `remember` is told who bears which id. */
export async function push({ send }: Client, remember: (id: string, name: string) => void): Promise<void> {
  await send({
    method: "GET",
    path: '/Users?filter=userName eq "grace@example.com"&startIndex=1&count=100',
    expect: 200,
    says: "nobody has this name yet",
    check: nothingFound,
  });
  const grace = created(
    await send({
      method: "POST",
      path: "/Users",
      body: userBody("Grace Hopper"),
      expect: 201,
      says: "Grace Hopper exists; the password is not kept",
      check: hasNoPassword,
    }),
  );
  remember(grace, "Grace Hopper");
  await send({
    method: "PUT",
    path: `/Users/${grace}`,
    body: { ...userBody("Rear Admiral Hopper"), id: grace },
    expect: 200,
    says: "the whole person again: one attribute differs",
    check: (answer) => answer["displayName"] === "Rear Admiral Hopper" && hasNoPassword(answer),
  });
  const group = created(
    await send({
      method: "POST",
      path: "/Groups",
      body: { schemas: [GROUP], displayName: "Navy", members: [] },
      expect: 201,
      says: "a group is pushed",
    }),
  );
  remember(group, "Navy");
  await send({
    method: "PATCH",
    path: `/Groups/${group}`,
    body: patch(
      { op: "replace", value: { id: group, displayName: "Navy Reserve" } },
      { op: "add", path: "members", value: [{ value: grace, display: "grace@example.com" }] },
    ),
    expect: 204,
    says: "renamed without a path, and Grace joins",
  });
}
