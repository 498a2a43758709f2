// What the thread of slow questions answers, which looks for everything in other ways, and the same.
import type { ReadStore } from "../../src/readstore/read-store.ts";
import { ViewsReader } from "../../src/readstore/sqlite/reading/views-reader.ts";
import { describeLists } from "../contract/describe-lists.ts";
import type { OpenStore } from "../contract/describe-read-store.ts";
import { describeWalks } from "../contract/describe-walks.ts";
import { BASE_URL } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { projectAll, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();
const TIME = 20_000;

const open: OpenStore = (history, size = 1_000) => {
  const folder = newFolder();
  const views = viewsOf(history, folder, { size });
  const reader = new ViewsReader(folder, { baseUrl: BASE_URL, cacheMegabytes: 1 }, { isTimed: true });
  const slow: Pick<ReadStore, "query" | "walk" | "get"> = {
    query: (query) => reader.queries.queryUntil(query, performance.now() + TIME),
    walk: (walk) => reader.queries.walkUntil(walk, performance.now() + TIME),
    get: (tenant, type, id, asOf) => views.store.get(tenant, type, id, asOf),
  };
  return {
    store: slow as ReadStore,
    catchUp: () => projectAll(views.projector, history.events, size),
    [Symbol.asyncDispose]: async () => {
      reader.close();
      views[Symbol.dispose]();
    },
  };
};

describeLists("the thread of slow questions", open);
describeWalks("the thread of slow questions", open);
