// One thing that doctor looks at, and what it finds.
import type { Settings } from "../../settings/table.ts";
import type { StoreFile } from "../inspect.ts";

export interface Finding {
  readonly state: "ok" | "warning" | "problem";
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What is looked at. */
export interface Patient {
  /** The data folder, absolute. */
  readonly folder: string;
  readonly settingProblems: readonly string[];
  /** Undefined where one is wrong. */
  readonly settings: Settings | undefined;
}

export interface Check {
  readonly name: string;
  /** Left out where there is no such thing: no data folder yet, or where the settings keep it elsewhere. */
  readonly of: "surroundings" | "data folder" | "log in EventStoreDB" | "read models in MongoDB" | "keys in MongoDB";
  /** Files of the data folder that it is about: left out, too, where the settings keep one of them elsewhere. */
  readonly files?: readonly StoreFile[];
  /** May throw: what it throws is the problem. */
  readonly find: (patient: Patient) => Finding | Promise<Finding>;
}

export const ok = (says: string): Finding => ({ state: "ok", says });
export const warning = (says: string, advice: string): Finding => ({ state: "warning", says, advice });
export const problem = (says: string, advice: string): Finding => ({ state: "problem", says, advice });
