// A resource that a search looks at, as far as its document in `resources` says.
import type { SortKey } from "../../matches.ts";

export interface Candidate {
  /** Its number. */
  readonly _id: number;
  /** Since when it reads as it does. */
  readonly since: number;
  /** The last event that it has seen. */
  readonly place: number;
}

export interface Row extends Candidate {
  readonly erased: boolean;
  /** What it is sorted by, where its document says that. */
  readonly key?: SortKey;
}
