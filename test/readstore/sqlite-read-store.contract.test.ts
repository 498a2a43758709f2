import { describeMemberships } from "../contract/describe-memberships.ts";
import { describeReadStore, type OpenStore } from "../contract/describe-read-store.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { projectAll, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

const open: OpenStore = (history, size) => {
  const views = viewsOf(history, newFolder(), size === undefined ? {} : { size });
  const catchUp = () => projectAll(views.projector, history.events, size ?? 1_000);
  return { store: views.store, catchUp, [Symbol.asyncDispose]: async () => views[Symbol.dispose]() };
};

describeReadStore("SqliteReadStore", open);
describeMemberships("SqliteReadStore", open);
