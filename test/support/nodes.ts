// Several nodes of the service in one process, on one log and one set of read models. They share nothing else: each has its own
// directory, locks, states in memory and sight of the checkpoint, as processes on several machines would.
import { rmSync } from "node:fs";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { openStores } from "../../src/embedded/stores.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import { Visibility } from "../../src/eventlog/visibility.ts";
import { watchCheckpoint } from "../../src/nodes/checkpoint-watch.ts";
import { createService } from "../../src/service.ts";
import { context, type Embedded, temporaryFolder } from "./embedded.ts";

/** As `client` of `requests.ts` takes it. */
export type Node = Pick<Embedded, "stores" | "service">;

export interface Nodes extends AsyncDisposable {
  readonly nodes: readonly [Node, Node, ...Node[]];
}

/** Starts so many nodes with the tenant `acme`; the first of them does what one node alone does. */
export async function startNodes(count: number): Promise<Nodes> {
  const folder = temporaryFolder();
  const held = DataFolder.hold(folder);
  const shared = await openStores(folder, { atomic: false });
  const abort = new AbortController();
  const { signal } = abort;
  const running: Promise<unknown>[] = [];
  const nodes: Node[] = [];
  for (let made = 0; made < count; made++) {
    const visibility = new Visibility((await shared.readStore.position()) as Position, 5_000);
    running.push(watchCheckpoint({ visibility, position: async () => shared.readStore.position(), signal }));
    const stores = { ...shared, visibility };
    const service = await createService({ ...stores, signal, shared: true });
    running.push(service.following!);
    nodes.push({ stores, service });
    if (made > 0) continue;
    shared.onEnded((ended) => service.membershipEnding.begin(ended));
    await service.tenants.create("acme", "acme", context("acme"));
  }
  return {
    nodes: nodes as unknown as Nodes["nodes"],
    async [Symbol.asyncDispose]() {
      abort.abort();
      await Promise.all(running);
      for (const { service } of nodes) await service.membershipEnding.settled();
      await shared[Symbol.asyncDispose]();
      held[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
