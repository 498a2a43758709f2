// What a long piece of work leaves behind in memory. V8 keeps the pages that it has collected, and those of threads that
// ended, for work that may come; a service that caught up has no such work any more.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/** Collects this thread's garbage to the last and gives free pages back to the system. Takes tens of milliseconds. */
export function giveBackMemory(): void {
  // The collector is handed to contexts that are made while the flag is set, and to no other.
  setFlagsFromString("--expose-gc");
  const collect: Collect = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
}
