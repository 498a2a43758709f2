// Checks of who works on the data folder, and whether that answers.
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { holderOf } from "../../embedded/data-folder.ts";
import { primaryCode, resultCode, SQLITE_BUSY } from "../../sqlite/result-code.ts";
import { type Check, ok, problem, warning } from "./check.ts";

/** Milliseconds. */
const ANSWER_WITHIN = 5_000;

/** Whether a living process holds the lock: the system gives it back with the process. */
export function isHeld(folder: string): boolean {
  const path = join(folder, "lock.db");
  if (!existsSync(path)) return false;
  const lock = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  try {
    lock.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return primaryCode(resultCode(error)) === SQLITE_BUSY;
  } finally {
    lock.close();
  }
}

export const holder: readonly Check[] = [
  {
    name: "lock",
    of: "data folder",
    find: ({ folder }) => {
      const last = holderOf(folder);
      const who = last === undefined ? "nobody" : `process ${last.pid} on ${last.host}`;
      if (isHeld(folder)) return ok(`held by ${who} since ${last?.since}`);
      const ended =
        last === undefined || last.host !== hostname() ? "" : `; it was ${who} last, which gave it back or ended`;
      return ok(`nobody holds the folder${ended}`);
    },
  },
  {
    name: "server",
    of: "data folder",
    find: async ({ folder }) => {
      if (!isHeld(folder)) return ok("none is running on this folder");
      const url = holderOf(folder)?.url;
      if (url === undefined) return warning("the holder serves nothing yet", "wait: it may be starting, or restoring");
      const advice = "see its log; if it does not recover, end it and start it again";
      let response: Response;
      try {
        response = await fetch(`${url}/health/ready`, {
          headers: { Connection: "close" },
          signal: AbortSignal.timeout(ANSWER_WITHIN),
        });
      } catch {
        return problem(`nothing answers at ${url}`, advice);
      }
      return response.ok ? ok(`ready at ${url}`) : warning(`not ready at ${url}: ${await response.text()}`, advice);
    },
  },
];
