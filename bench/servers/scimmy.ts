// The peer: scimmy-routers with handlers on a Map, as their documentation shows; nothing is durable, nothing is recorded.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";
import type { DataSetName } from "../data/data-set.ts";
import { dataSets, groupsOf } from "../data/data-set.ts";
import { groupId, nameOf, userAttributes, userId } from "../data/identity.ts";
import { runServer } from "./floor.ts";

export interface PeerSettings {
  readonly dataSet: DataSetName;
}

type Stored = { readonly id: string };
type Handled = { readonly id?: string; readonly filter?: { match(values: Stored[]): Stored[] } };

const users = new Map<string, Stored>();
const groups = new Map<string, Stored>();

function load(name: DataSetName): void {
  const set = dataSets[name];
  for (let index = 0; index < set.users + set.spare; index++) {
    const id = userId(index);
    users.set(id, { id, ...userAttributes(nameOf(index), index) });
  }
  for (const { index, members } of groupsOf(set)) {
    const id = groupId(index);
    const group = {
      id,
      displayName: `Group ${index}`,
      members: members.map((member) => ({ value: userId(member), type: "User" })),
    };
    groups.set(id, group);
  }
}

const read = (stored: Map<string, Stored>) => (resource: Handled) => {
  if (resource.id !== undefined) return stored.get(resource.id) as Stored;
  const all = [...stored.values()];
  return resource.filter === undefined ? all : resource.filter.match(all);
};

const write = (stored: Map<string, Stored>) => (resource: Handled, data: object) => {
  const id = resource.id ?? randomUUID();
  const kept = { ...stored.get(id), ...data, id };
  stored.set(id, kept);
  return kept;
};

runServer(({ dataSet }: PeerSettings) => {
  load(dataSet);
  SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser))
    .ingress(write(users) as never)
    .egress(read(users) as never)
    .degress((resource) => void users.delete(resource.id!));
  SCIMMY.Resources.declare(SCIMMY.Resources.Group)
    .ingress(write(groups) as never)
    .egress(read(groups) as never)
    .degress((resource) => void groups.delete(resource.id!));
  const app = express();
  app.use(
    "/scim/v2",
    new SCIMMYRouters({ type: "bearer", handler: (request) => authenticated(request.header("Authorization")) }),
  );
  return createServer(app);
});

function authenticated(header: string | undefined): string {
  if (!header?.startsWith("Bearer ")) throw new Error("Authorization not detected!");
  return "bench";
}
