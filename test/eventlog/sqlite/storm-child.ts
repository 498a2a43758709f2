// A process that appends as fast as it can from several writers, and prints each event's place once it is acknowledged.
import { writeSync } from "node:fs";
import { appendOf, userStream } from "../sealed-events.ts";
import { startLog } from "./start-log.ts";

const log = await startLog(process.argv[2]!);
await Promise.all(
  Array.from({ length: 16 }, async (_, writer) => {
    const stream = userStream(`01890a5d-ac96-774b-bcce-${String(process.pid * 100 + writer).padStart(12, "0")}`);
    for (let revision = -1; ; revision++) {
      const append = appendOf(stream, revision < 0 ? "none" : revision);
      const position = await log.append(append);
      writeSync(1, `${position} ${append.events[0]!.id}\n`);
    }
  }),
);
