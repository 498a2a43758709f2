// A thread that reads: started with the first message to it, and anew after it failed. Idle, it keeps no process alive.
import { basename } from "node:path";
import { parentPort, Worker } from "node:worker_threads";

export interface LazyWorkerOptions<Answer> {
  readonly program: URL;
  readonly data: unknown;
  readonly onAnswer: (answer: Answer) => void;
  /** Whatever it was asked and has not answered, it never will. */
  readonly onFailed: (error: unknown) => void;
}

const CLOSE = "close";

/** A program beside this one, as TypeScript or compiled. */
export const programBeside = (url: string, name: string): URL =>
  new URL(`./${name}.${url.endsWith(".ts") ? "ts" : "js"}`, url);

export class LazyWorker<Asked, Answer> {
  readonly #options: LazyWorkerOptions<Answer>;
  #worker: Worker | undefined;
  #isClosing = false;

  constructor(options: LazyWorkerOptions<Answer>) {
    this.#options = options;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  post(asked: Asked): void {
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(asked);
  }

  /** Nothing is asked of it. A thread whose end is waited for still keeps the process. */
  rest(): void {
    if (!this.#isClosing) this.#worker?.unref();
  }

  /** What was asked before is answered first. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage(CLOSE);
    await gone;
  }

  #start(): Worker {
    const { program, data, onAnswer } = this.#options;
    const worker = new Worker(program, { workerData: data });
    worker.on("message", onAnswer);
    worker.on("error", (error) => this.#fail(worker, error));
    worker.on("exit", () => this.#fail(worker, new Error(`the thread of ${basename(program.pathname)} ended`)));
    return worker;
  }

  #fail(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#options.onFailed(error);
  }
}

/** The other side: answers each message until it is closed. */
export function answerEach<Asked, Answer>(answer: (asked: Asked) => Answer, close: () => void): void {
  const port = parentPort!;
  port.on("message", (asked: Asked | typeof CLOSE) => {
    if (asked === CLOSE) {
      close();
      port.close();
    } else port.postMessage(answer(asked));
  });
}
