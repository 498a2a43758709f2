import type { Options } from "../options.ts";
import type { DataFolders } from "./data-folders.ts";
import type { Engines } from "./engines.ts";
import type { Progress } from "./progress.ts";
import type { ContestantName } from "./result.ts";
import type { ServedEngines } from "./served-engines.ts";
import type { Stage } from "./stage.ts";

/** What a measurement has at hand. */
export class Bench {
  readonly options: Options;
  readonly folders: DataFolders;
  readonly stage: Stage;
  readonly engines: Engines;
  readonly served: ServedEngines;
  readonly progress: Progress;

  constructor(options: Options, parts: Pick<Bench, "folders" | "stage" | "engines" | "served" | "progress">) {
    this.options = options;
    this.folders = parts.folders;
    this.stage = parts.stage;
    this.engines = parts.engines;
    this.served = parts.served;
    this.progress = parts.progress;
  }

  /** Those of a cell's contestants that the options let in. */
  taking(contestants: readonly ContestantName[]): readonly ContestantName[] {
    return contestants.filter((name) => this.options.contestants.test(name));
  }
}
