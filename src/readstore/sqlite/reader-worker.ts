// The thread of queries that no index serves.
import { parentPort, workerData } from "node:worker_threads";
import { ScimError } from "../../scim/errors.ts";
import type { Answered, Asked, ThreadData } from "./query-thread.ts";
import { ViewsReader } from "./views-reader.ts";

const { folder, options, deadline } = workerData as ThreadData;
const reader = new ViewsReader(folder, options);
const port = parentPort!;

function answer({ number, query }: Asked): Answered {
  try {
    return { number, answer: reader.queries.runUntil(query, performance.now() + deadline) };
  } catch (error) {
    if (error instanceof ScimError)
      return { number, refused: { status: error.status, scimType: error.scimType, detail: error.message } };
    return { number, failed: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (asked: Asked | "close") => {
  if (asked === "close") {
    reader.close();
    port.close();
  } else port.postMessage(answer(asked));
});
