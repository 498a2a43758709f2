// The servers that are up: those that hold a data set stay as long as cells are about it, floors come and go with each cell.
import type { DataSetName } from "../data/data-set.ts";
import type { HistorySetName } from "../data/history-set.ts";
import type { Target } from "../load/workload.ts";
import type { FloorSettings, Listening } from "../servers/floor.ts";
import { BASE, startService, WITHOUT_LEDGER } from "../servers/scim-ledger.ts";
import type { PeerSettings } from "../servers/scimmy.ts";
import { Child } from "./child.ts";
import type { DataFolders } from "./data-folders.ts";
import type { ContestantName } from "./result.ts";

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly target: Target;
}

/** Contestants that this machine cannot run, and why. */
export const NOT_AVAILABLE: Readonly<Partial<Record<ContestantName, string>>> = {
  scimgateway: "not available: the npm registry answers 404",
};

const FLOORS: Readonly<Partial<Record<ContestantName, string>>> = {
  "node:http": "bare-http.ts",
  express: "bare-express.ts",
  "express tuned": "tuned-express.ts",
};

export const isFloor = (name: ContestantName): boolean => Object.hasOwn(FLOORS, name);

export class Stage implements AsyncDisposable {
  readonly #folders: DataFolders;
  readonly #standing = new Map<ContestantName, Running>();
  #dataSet: DataSetName | HistorySetName | undefined;

  constructor(folders: DataFolders) {
    this.#folders = folders;
  }

  /** Ends the servers of any other data set. */
  async turnTo(dataSet: DataSetName | HistorySetName | undefined): Promise<void> {
    if (this.#dataSet !== dataSet) await this[Symbol.asyncDispose]();
    this.#dataSet = dataSet;
  }

  /** The service on a long history. */
  async history(set: HistorySetName): Promise<Running> {
    await this.turnTo(set);
    const running = this.#standing.get("scim-ledger") ?? (await startService(await this.#folders.of(set)));
    this.#standing.set("scim-ledger", running);
    return running;
  }

  /** A server that holds the data set: the one that is up, or a new one. */
  async holding(name: ContestantName, dataSet: DataSetName): Promise<Running> {
    await this.turnTo(dataSet);
    const standing = this.#standing.get(name);
    if (standing !== undefined) return standing;
    const running = await this.#start(name, dataSet);
    this.#standing.set(name, running);
    return running;
  }

  async #start(name: ContestantName, dataSet: DataSetName): Promise<Running> {
    switch (name) {
      case "scim-ledger":
        return startService(await this.#folders.of(dataSet));
      case "without the ledger":
        return startService(await this.#folders.another(dataSet), { nodeOptions: WITHOUT_LEDGER });
      default:
        return forked("scimmy.ts", { dataSet } satisfies PeerSettings);
    }
  }

  /** Ends one server at once: it still works on requests that nobody waits for. */
  async end(name: ContestantName): Promise<void> {
    await this.#standing.get(name)?.[Symbol.asyncDispose]();
    this.#standing.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#standing.keys()]) await this.end(name);
  }
}

/** A floor, which answers these bytes; the caller ends it. */
export const startFloor = (name: ContestantName, settings: FloorSettings): Promise<Running> =>
  forked(FLOORS[name]!, settings);

async function forked(file: string, settings: FloorSettings | PeerSettings): Promise<Running> {
  const child = Child.fork(new URL(`../servers/${file}`, import.meta.url));
  const { port } = await child.ask<Listening>(settings);
  return {
    pid: child.pid,
    target: { host: "127.0.0.1", port, base: BASE, token: "bench" },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
