import { describeHistoryWalks } from "../contract/describe-history-walks.ts";
import { describeLedgerStore } from "../contract/describe-ledger-store.ts";
import { describeMemberships } from "../contract/describe-memberships.ts";
import { describeReadStore } from "../contract/describe-read-store.ts";
import type { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { projectAll, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

const open = (history: History, size?: number) => {
  const views = viewsOf(history, newFolder(), size === undefined ? {} : { size });
  const catchUp = () => projectAll(views.projector, history.events, size ?? 1_000);
  return {
    store: views.store,
    ledger: views.store.ledger,
    catchUp,
    [Symbol.asyncDispose]: async () => views[Symbol.dispose](),
  };
};

describeReadStore("SqliteReadStore", open);
describeMemberships("SqliteReadStore", open);
describeHistoryWalks("SqliteReadStore", open);
describeLedgerStore("SqliteReadStore", open);
