// One thing that doctor looks at, and what it finds.

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
}

export interface Check {
  readonly name: string;
  /** Left out where there is no data folder yet. */
  readonly of: "surroundings" | "data folder";
  /** May throw: what it throws is the problem. */
  readonly find: (patient: Patient) => Finding | Promise<Finding>;
}

export const ok = (says: string): Finding => ({ state: "ok", says });
export const warning = (says: string, advice: string): Finding => ({ state: "warning", says, advice });
export const problem = (says: string, advice: string): Finding => ({ state: "problem", says, advice });
