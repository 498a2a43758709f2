// The thread that writes to the vault, so that no request waits for its disk.
import { parentPort, workerData } from "node:worker_threads";
import type { NamedKey } from "../key-vault.ts";
import { VaultKeeper } from "./keeper.ts";

export type KeeperRequest =
  | { readonly kind: "open" }
  | { readonly kind: "prepare"; readonly tenant: string }
  | { readonly kind: "stock"; readonly tenant: string; readonly count: number }
  | { readonly kind: "named"; readonly tenant: string; readonly name: string }
  | { readonly kind: "names"; readonly tenant: string }
  | { readonly kind: "destroy"; readonly tenant: string; readonly keyIds: readonly string[] }
  | { readonly kind: "close" };

export interface Kept {
  readonly keys?: Uint8Array;
  readonly names?: readonly NamedKey[];
}

/** One answer a request, in order. */
export type KeeperAnswer = Kept | { readonly failed: string };

let keeper: VaultKeeper | undefined;

parentPort?.on("message", (request: KeeperRequest) => {
  parentPort?.postMessage(answerTo(request));
  if (request.kind === "close") parentPort?.close();
});

function answerTo(request: KeeperRequest): KeeperAnswer {
  try {
    keeper ??= new VaultKeeper(workerData.folder);
    return perform(keeper, request);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

function perform(keeper: VaultKeeper, request: KeeperRequest): KeeperAnswer {
  switch (request.kind) {
    case "open":
      return {};
    case "prepare":
      keeper.prepareTenant(request.tenant);
      return {};
    case "stock":
      return { keys: keeper.stock(request.tenant, request.count) };
    case "named":
      return { keys: keeper.named(request.tenant, request.name) };
    case "names":
      return { names: keeper.names(request.tenant) };
    case "destroy":
      keeper.destroy(request.tenant, request.keyIds);
      return {};
    case "close":
      keeper.close();
      return {};
  }
}
