import { describe } from "@jest/globals";
import { type Embedded, startEmbedded } from "./embedded.ts";

/** Everything must be right with appends to single streams: each suite runs with the log's atomic appends and without. */
export function describeInBothModes(name: string, suite: (start: () => Promise<Embedded>) => void): void {
  describe.each([
    ["atomic appends", true],
    ["single-stream appends alone", false],
  ])(`${name} (%s)`, (_, atomic) => suite(() => startEmbedded({ atomic })));
}
