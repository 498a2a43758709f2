// What version 0.2.0 wrote of values that are never returned: it sealed them in its events. Nothing of today writes such events.
import { type AttributeChange, UserAttributesChanged, type UserEvent } from "../../src/domain/events.ts";
import { keyFor } from "../../src/eventlog/resource-key.ts";
import { ResourceTargets } from "../../src/eventlog/resource-targets.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { context, holdAndStart } from "./embedded.ts";

export interface OlderUser {
  readonly id: string;
  readonly definitions: { readonly schemas: readonly unknown[]; readonly resourceTypes: readonly unknown[] };
  /** Canonical attributes, secrets among them. */
  readonly created: JsonObject;
  /** What one later event changed. */
  readonly changed: readonly AttributeChange[];
  readonly requestId: string;
}

/** A folder of the tenant `default` with a user of version 0.2.0, in a group. */
export async function writeOlderUser(folder: string, { id, requestId, ...user }: OlderUser): Promise<void> {
  const { service, stores, stop } = await holdAndStart(folder, { tenants: ["default"] });
  const at = () => context("default", { requestId });
  try {
    for (const schema of user.definitions.schemas) await service.definitions.defineSchema("default", schema, at());
    for (const type of user.definitions.resourceTypes) await service.definitions.extendType("default", type, at());
    const create = { type: "CreateUser", id, attributes: user.created, password: false } as const;
    await service.provisioning.user(create, at());
    const group = { type: "CreateGroup", id: "01900000-0000-7000-8000-00000000000a" } as const;
    await service.provisioning.group({ ...group, attributes: { displayName: "engineers" }, members: [id] }, at());
    const nothing = { load: async () => undefined };
    const { namespace } = stores;
    const types = service.directory;
    const targets = new ResourceTargets({
      namespace,
      types,
      users: nothing,
      groups: nothing,
      loadCustom: nothing.load,
    });
    const paths = user.changed.map(({ path }) => path);
    const data = { cleared: [], granted: [], paths, revoked: [] };
    const events: UserEvent[] = [UserAttributesChanged(data, { changes: [...user.changed] })];
    await service.loop.execute(targets.user("default", id), at(), async (state) => ({
      events,
      ...(await keyFor(stores.vault, "default", state, events)),
    }));
  } finally {
    await stop();
  }
}
