// Makes a long history in an empty data folder; the service projects it when it starts. As a program:
// node bench/generate-history.ts <folder> [<scale>]; 1 is a million users and ten million events, 0.05 if absent.
import { mkdirSync } from "node:fs";
import { AuditHistory } from "./data/audit-history.ts";
import { historySet, stepOf } from "./data/history-set.ts";
import { HistoryWriter } from "./data/history-writer.ts";
import { Rate } from "./harness/rate.ts";

const [folder, scale = "0.05"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node bench/generate-history.ts <folder> [<scale>]");
const set = historySet(Number(scale));
mkdirSync(folder, { recursive: true });
using writer = new HistoryWriter(folder, set.events, { step: stepOf(set) });
const rate = new Rate("events", set.events);
new AuditHistory(writer, set, (events) => rate.at(events)).write();
rate.end();
