import { describeMemberships } from "../contract/describe-memberships.ts";
import { describeReadStore, type OpenStore } from "../contract/describe-read-store.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

const open: OpenStore = (history, size) => {
  const views = viewsOf(history, newFolder(), size === undefined ? {} : { size });
  return { store: views.store, [Symbol.asyncDispose]: async () => views[Symbol.dispose]() };
};

describeReadStore("SqliteReadStore", open);
describeMemberships("SqliteReadStore", open);
