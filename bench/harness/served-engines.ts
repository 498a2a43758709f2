// The service on the engines, with a data set that came there without a request: the log is generated in a folder and copied
// into EventStoreDB, keys into MongoDB, and the read models are built by `projections rebuild`, which is thereby measured.
import { join } from "node:path";
import { ROOT_KEY_FILE } from "../../src/vault/root-key.ts";
import type { DataSetName } from "../data/data-set.ts";
import type { FillRequest, FillResult } from "../engines/fill.ts";
import { runVerb, startService } from "../servers/scim-ledger.ts";
import { Child } from "./child.ts";
import type { DataFolders } from "./data-folders.ts";
import { type Engines, newName } from "./engines.ts";
import type { Progress } from "./progress.ts";
import type { Running } from "./stage.ts";

/** What `projections rebuild --json` says at its end. */
export interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
}

export interface Served {
  readonly running: Running;
  readonly rebuilt: Rebuilt;
  /** Where its read models are: the address of their database. */
  readonly mongo: string;
  /** What its log in EventStoreDB is called. */
  readonly namespace: string;
  /** What it has been asked already, so that its code is compiled. */
  readonly warm: Set<string>;
}

interface Parts {
  readonly folders: DataFolders;
  readonly engines: Engines;
  readonly progress: Progress;
}

/** Larger data sets are served from a log in a file: a million users take EventStoreDB many minutes, and no read asks it. */
const IN_FILE: readonly DataSetName[] = ["engines-1m"];
/** Seconds after which a step counts as stuck. */
const WITHIN = { usual: 600, large: 7_200 };

export class ServedEngines implements AsyncDisposable {
  readonly #parts: Parts;
  #dataSet: DataSetName | undefined;
  #served: Promise<Served> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The service on this data set; the one on another is ended. What went wrong once is told to every cell, and not tried again. */
  async on(dataSet: DataSetName): Promise<Served> {
    if (this.#dataSet !== dataSet) {
      await this[Symbol.asyncDispose]();
      this.#dataSet = dataSet;
      this.#served = this.#start(dataSet);
    }
    return this.#served!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const served = await this.#served?.catch(() => undefined);
    this.#served = undefined;
    await served?.running[Symbol.asyncDispose]();
  }

  async #start(dataSet: DataSetName): Promise<Served> {
    const { folders, engines, progress } = this.#parts;
    const isInFile = IN_FILE.includes(dataSet);
    const within = isInFile ? WITHIN.large : WITHIN.usual;
    const [mongo, namespace] = [engines.database(), newName()];
    const eventStore = isInFile ? undefined : engines.eventStore;
    progress.step(`generating ${dataSet}`);
    const generated = await folders.another(dataSet, namespace);
    const settings = {
      ...(eventStore === undefined
        ? { SCIM_LEDGER_DATA: generated, SCIM_LEDGER_KEYS: "file" }
        : { SCIM_LEDGER_DATA: join(folders.empty(), "node"), SCIM_LEDGER_EVENT_STORE: eventStore }),
      SCIM_LEDGER_READ_STORE: mongo,
      SCIM_LEDGER_NAMESPACE: namespace,
      SCIM_LEDGER_BASE_URL: "http://127.0.0.1",
    };
    if (eventStore !== undefined) {
      progress.step("copying the log into EventStoreDB, and the keys into MongoDB");
      await using filling = Child.fork(new URL("../engines/fill.ts", import.meta.url));
      const rootKey = join(settings.SCIM_LEDGER_DATA, ROOT_KEY_FILE);
      const request: FillRequest = { folder: generated, eventStore, mongo, rootKey };
      await filling.ask<FillResult>(request, within);
    }
    progress.step("building the read models");
    const rebuilt = await runVerb<Rebuilt>(["projections", "rebuild"], settings, within);
    progress.step("starting scim-ledger");
    const running = await startService(settings.SCIM_LEDGER_DATA, { settings });
    return { running, rebuilt, mongo, namespace, warm: new Set() };
  }
}
