// Child processes of the benchmark: started, asked, and ended by their own handles. Nothing else is ever killed.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

const alive = new Set<ChildProcess>();
let ending = false;
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Ends all children at once; none is started any more. */
export async function endAll(): Promise<void> {
  ending = true;
  await Promise.all(
    [...alive].map(async (child) => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }),
  );
}

/** How long a child may take to end by itself, milliseconds. */
const GRACE = 10_000;

/** A child process that answers each message of ours with one message. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #says: string[] = [];

  private constructor(start: () => ChildProcess) {
    if (ending) throw new Error("the run is ending");
    const child = start();
    this.#process = child;
    alive.add(child);
    child.once("exit", () => alive.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => this.#remember(text));
    }
  }

  /** Runs a TypeScript file of the benchmark. */
  static fork(file: URL, args: readonly string[] = []): Child {
    return new Child(() => fork(file, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], serialization: "advanced" }));
  }

  /** Runs Node on a program that knows nothing of us. */
  static spawn(args: readonly string[], env: NodeJS.ProcessEnv): Child {
    return new Child(() => spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] }));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What it printed last. */
  get lastWords(): string {
    return this.#says.join("").slice(-2_000);
  }

  /**
   * Sends a message and resolves with the next one that comes back. Throws where the child ends instead, or says nothing for
   * so many seconds.
   */
  async ask<Reply>(message: object, within?: number): Promise<Reply> {
    const over = new AbortController();
    try {
      this.#process.send(message, () => {});
      const gone = once(this.#process, "exit", over).then(() => {
        throw new Error(`a child process ended: ${this.lastWords}`);
      });
      const [reply] = await Promise.race([once(this.#process, "message", over), gone, this.#limit(within, over)]);
      return reply as Reply;
    } finally {
      over.abort();
    }
  }

  /** Resolves once it has ended by itself. Throws where it ended with an error, or has not after so many seconds. */
  async success(within?: number): Promise<void> {
    const over = new AbortController();
    try {
      if (!this.ended) await Promise.race([once(this.#process, "exit", over), this.#limit(within, over)]);
    } finally {
      over.abort();
    }
    if (this.#process.exitCode !== 0) throw new Error(`a child process failed: ${this.lastWords}`);
  }

  /** Never resolves; throws after so many seconds. */
  async #limit(within: number | undefined, { signal }: AbortController): Promise<never> {
    if (within === undefined) return new Promise(() => undefined);
    await pause(within * 1_000, undefined, { signal, ref: false });
    throw new Error(`a child process has said nothing for ${within} s; its last words: ${this.lastWords}`);
  }

  /** Asks it to end; insists after a while. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const insisting = setTimeout(() => this.#process.kill("SIGKILL"), GRACE);
    await exit;
    clearTimeout(insisting);
  }

  #remember(text: string): void {
    this.#says.push(text);
    if (this.#says.length > 100) this.#says.shift();
  }
}
