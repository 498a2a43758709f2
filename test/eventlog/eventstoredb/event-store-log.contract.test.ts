import { describeEventLog } from "../../contract/describe-event-log.ts";
import { doubles, hasRealServer, namespaces, REAL_SERVER } from "../../support/event-store/servers.ts";

describeEventLog("the log on EventStoreDB's double", doubles());
describeEventLog("the log on EventStoreDB's double, one call an append", doubles({ callPerAppend: true }));

if (hasRealServer("the contract of the event log")) {
  describeEventLog("the log on EventStoreDB", namespaces(REAL_SERVER!));
  describeEventLog("the log on EventStoreDB, one call an append", namespaces(REAL_SERVER!, { callPerAppend: true }));
}
