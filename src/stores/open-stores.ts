// Which stores the service stands on, by the settings; and the folder of a node, which one process holds where files are in it.
import { DataFolder } from "../embedded/data-folder.ts";
import { ledgerFolderOf } from "../embedded/ledger-folder.ts";
import { refuseLostLog } from "../embedded/lost-log.ts";
import { takeFolder } from "../embedded/take-folder.ts";
import { keysIn, type Settings } from "../settings/table.ts";
import { openEmbedded } from "./embedded-stores.ts";
import { openEngines } from "./engine-stores.ts";
import type { ServedStores, ServedStoresOptions } from "./served-stores.ts";

export interface NodeFolder extends Disposable {
  readonly path: string;
  /** Says where the holder serves. */
  announce(url: string): void;
}

/** Throws FolderInUse where another process keeps its files there, and an Error where the log is lost that belongs there. */
export function holdFolder(path: string, settings: Settings): NodeFolder {
  if (settings.eventStore.engine === "sqlite") refuseLostLog(path, ledgerFolderOf(path, settings.ledgerFolder));
  if (hasFiles(settings)) return DataFolder.hold(path);
  takeFolder(path);
  return { path, announce: () => undefined, [Symbol.dispose]: () => undefined };
}

/** Opens or makes the stores; resolves when the read models have caught up. */
export const openServedStores = (
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
): Promise<ServedStores> => (isEmbedded(settings) ? openEmbedded : openEngines)(folder, settings, options);

const isEmbedded = (settings: Settings): boolean =>
  settings.eventStore.engine === "sqlite" && settings.readStore.engine === "sqlite" && keysIn(settings) === "file";

const hasFiles = (settings: Settings): boolean =>
  settings.eventStore.engine === "sqlite" || settings.readStore.engine === "sqlite" || keysIn(settings) === "file";
