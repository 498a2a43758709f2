// Data folders of the run: each data set is generated once, in a temporary folder that the run removes at its end. Histories
// can be kept elsewhere, for the next run: questions add their inspections to them, and nothing else.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataSetName } from "../data/data-set.ts";
import { type HistorySetName, historySets, isHistorySet } from "../data/history-set.ts";
import { Child } from "./child.ts";

export class DataFolders implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "scim-ledger-bench-"));
  readonly #made = new Map<DataSetName | HistorySetName, Promise<string>>();
  readonly #histories: string | undefined;
  #next = 0;

  /** With a folder for the histories: those that are there are used, others are made there. */
  constructor(histories?: string) {
    this.#histories = histories;
    // Also where the process is interrupted.
    process.once("exit", () => this[Symbol.dispose]());
  }

  /** The data folder of a set; it changes with what is written to it. */
  of(dataSet: DataSetName | HistorySetName): Promise<string> {
    const made = this.#made.get(dataSet) ?? this.#make(dataSet);
    this.#made.set(dataSet, made);
    return made;
  }

  /** A data folder of the set that nobody else writes to; its log has the namespace, where one is given. */
  another(dataSet: DataSetName, namespace?: string): Promise<string> {
    return this.#generate(dataSet, join(this.empty(), dataSet), namespace);
  }

  /** An empty folder. */
  empty(): string {
    return mkdtempSync(join(this.#root, `${this.#next++}-`));
  }

  [Symbol.dispose](): void {
    // A child that was just killed may still be making a file.
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  #make(dataSet: DataSetName | HistorySetName): Promise<string> {
    return this.#histories !== undefined && isHistorySet(dataSet)
      ? this.#kept(dataSet, this.#histories)
      : this.#generate(dataSet);
  }

  /** A history that is whole has its name; one that is being made has another. */
  async #kept(dataSet: HistorySetName, histories: string): Promise<string> {
    const folder = join(histories, dataSet);
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(histories, { recursive: true });
    renameSync(await this.#generate(dataSet, unfinished), folder);
    return folder;
  }

  async #generate(
    dataSet: DataSetName | HistorySetName,
    folder = join(this.#root, dataSet),
    namespace?: string,
  ): Promise<string> {
    const [program, ...of] = isHistorySet(dataSet)
      ? ["../generate-history.ts", String(historySets[dataSet].events / historySets["history-10m"].events)]
      : ["../generate.ts", dataSet, ...(namespace === undefined ? [] : [namespace])];
    await using generator = Child.fork(new URL(program, import.meta.url), [folder, ...of]);
    await generator.success();
    return folder;
  }
}
