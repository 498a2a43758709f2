import type { Options } from "../options.ts";
import type { DataFolders } from "./data-folders.ts";
import type { Progress } from "./progress.ts";
import type { ContestantName } from "./result.ts";
import type { Stage } from "./stage.ts";

/** What a measurement has at hand. */
export class Bench {
  readonly options: Options;
  readonly folders: DataFolders;
  readonly stage: Stage;
  readonly progress: Progress;

  constructor(options: Options, folders: DataFolders, stage: Stage, progress: Progress) {
    this.options = options;
    this.folders = folders;
    this.stage = stage;
    this.progress = progress;
  }

  /** Those of a cell's contestants that the options let in. */
  taking(contestants: readonly ContestantName[]): readonly ContestantName[] {
    return contestants.filter((name) => this.options.contestants.test(name));
  }
}
