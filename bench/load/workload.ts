// What the load client sends: a workload is data, and gives each connection its own endless row of requests.
import {
  emailOf,
  externalIdOf,
  groupId,
  nameOf,
  PREFIX,
  userAttributes,
  userId,
  userNameOf,
} from "../data/identity.ts";

export type Workload =
  | {
      readonly kind: "get user";
      readonly users: number /** Index of the first; without it 0. */;
      readonly first?: number;
    }
  | { readonly kind: "find user"; readonly by: FoundBy; readonly users: number }
  /** A page of those that changed after an instant. */
  | { readonly kind: "list changed"; readonly since: string; readonly count: number }
  | { readonly kind: "create user" }
  | { readonly kind: "change title"; readonly users: number }
  | {
      /** Adds a spare user to a group and removes them again: every request is a change, the group's size stays. */
      readonly kind: "toggle member";
      readonly firstGroup: number;
      readonly groups: number;
      readonly firstSpare: number;
      readonly spare: number;
    }
  | { readonly kind: "get group"; readonly firstGroup: number; readonly groups: number };

/** `part`: by a part of the userName, which no index finds. */
export type FoundBy = "userName" | "externalId" | "email" | "part";

export interface Target {
  readonly host: string;
  readonly port: number;
  /** The path before `/Users`. */
  readonly base: string;
  readonly token: string;
}

/** The next request of one connection, whole. */
export type NextRequest = () => string;

/** After how many requests a connection may stop: a member that was added is removed again. */
export const strideOf = (workload: Workload): number => (workload.kind === "toggle member" ? 2 : 1);

/** The requests of one connection. `run` is a text that no other run of this workload has. */
export function requestsOf(
  workload: Workload,
  target: Target,
  connection: number,
  connections: number,
  run: string,
): NextRequest {
  const { get, post, patch } = methods(target);
  let sent = 0;
  switch (workload.kind) {
    case "get user":
      return () => get(`/Users/${userId((workload.first ?? 0) + anyOf(workload.users))}`);
    case "find user":
      return () => get(`/Users?filter=${FILTERS[workload.by](nameOf(anyOf(workload.users)))}`);
    case "list changed": {
      const filter = encodeURIComponent(`meta.lastModified gt "${workload.since}"`);
      return () => get(`/Users?filter=${filter}&count=${workload.count}`);
    }
    case "create user":
      return () => {
        const name = `new${run}x${connection}x${sent++}`;
        return post("/Users", JSON.stringify(userAttributes(name, sent)));
      };
    case "change title":
      return () => patch(`/Users/${userId(anyOf(workload.users))}`, retitle(`Engineer ${run}x${connection}x${sent++}`));
    case "toggle member": {
      const { firstGroup, groups, firstSpare, spare } = workload;
      const path = `/Groups/${groupId(firstGroup + (connection % groups))}`;
      return () => {
        const member = userId(firstSpare + ((connection + connections * (sent >> 1)) % spare));
        return patch(path, sent++ % 2 === 0 ? addMember(member) : removeMember(member));
      };
    }
    case "get group":
      return () => get(`/Groups/${groupId(workload.firstGroup + anyOf(workload.groups))}?excludedAttributes=members`);
  }
}

const anyOf = (count: number): number => Math.floor(Math.random() * count);

const FILTERS: Record<FoundBy, (name: string) => string> = {
  userName: (name) => encodeURIComponent(`userName eq "${userNameOf(name)}"`),
  externalId: (name) => encodeURIComponent(`externalId eq "${externalIdOf(name)}"`),
  email: (name) => encodeURIComponent(`emails[type eq "work"].value eq "${emailOf(name)}"`),
  part: (name) => encodeURIComponent(`userName co "${name.slice(PREFIX.length)}"`),
};

const patchOf = (operation: string): string =>
  `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[${operation}]}`;
const retitle = (title: string): string => patchOf(`{"op":"replace","path":"title","value":"${title}"}`);
const addMember = (id: string): string => patchOf(`{"op":"add","path":"members","value":[{"value":"${id}"}]}`);
const removeMember = (id: string): string => patchOf(`{"op":"remove","path":"members[value eq \\"${id}\\"]"}`);

function methods({ host, port, base, token }: Target) {
  const headers = `HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${token}\r\nAccept: application/scim+json\r\n`;
  // All bodies are ASCII: their length in characters is their length in bytes.
  const withBody = (method: string) => (path: string, body: string) =>
    `${method} ${base}${path} ${headers}Content-Type: application/scim+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return {
    get: (path: string) => `GET ${base}${path} ${headers}\r\n`,
    post: withBody("POST"),
    patch: withBody("PATCH"),
  };
}
