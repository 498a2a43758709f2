import { describeEventLog } from "../../contract/describe-event-log.ts";
import { startLog } from "./start-log.ts";

describeEventLog("the log on SQLite", (folder) => startLog(folder));
describeEventLog("the log on SQLite, one stream at a time", (folder) => startLog(folder, { atomic: false }));
