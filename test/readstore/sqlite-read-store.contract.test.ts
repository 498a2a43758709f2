import { describeReadStore } from "../contract/describe-read-store.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

describeReadStore("SqliteReadStore", (history, size) => {
  const views = viewsOf(history, newFolder(), size === undefined ? {} : { size });
  return { store: views.store, [Symbol.asyncDispose]: async () => views[Symbol.dispose]() };
});
