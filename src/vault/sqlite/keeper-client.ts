// Talks to the vault's thread; starts another where one ended.
import { Worker } from "node:worker_threads";
import { VaultUnavailable } from "../key-vault.ts";
import type { KeeperAnswer, KeeperRequest, Kept } from "./keeper-thread.ts";

/** The thread's file stands beside this one, as TypeScript in a checkout and as JavaScript in a package. */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./keeper-thread.ts" : "./keeper-thread.js", import.meta.url);

export class KeeperClient {
  readonly #folder: string;
  #worker: Worker | undefined;
  #closed = false;
  /** Requests on their way, in order. */
  #asked: PromiseWithResolvers<Kept>[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with VaultUnavailable where the thread could not do it. "close" is the last request. */
  ask(request: KeeperRequest): Promise<Kept> {
    if (this.#closed) return Promise.reject(new VaultUnavailable("the vault is closed"));
    this.#closed = request.kind === "close";
    const asked = Promise.withResolvers<Kept>();
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#asked.push(asked);
    this.#worker.postMessage(request);
    return asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { workerData: { folder: this.#folder } });
    worker.on("message", (answer: KeeperAnswer) => this.#settle(answer));
    worker.on("error", (error) => this.#fail(worker, `the vault's thread failed: ${error}`));
    worker.on("exit", () => this.#fail(worker, "the vault's thread ended"));
    return worker;
  }

  #settle(answer: KeeperAnswer): void {
    const asked = this.#asked.shift();
    // An idle thread keeps no process alive.
    if (this.#asked.length === 0) this.#worker?.unref();
    if ("failed" in answer) asked?.reject(new VaultUnavailable(answer.failed));
    else asked?.resolve(answer);
  }

  #fail(worker: Worker, message: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#asked.splice(0)) reject(new VaultUnavailable(message));
  }
}
