// Settings as verbs need them: all of them, or the data folder alone.
import { resolve } from "node:path";
import { readSettings } from "../settings/read-settings.ts";
import { keysIn, type Settings } from "../settings/table.ts";
import type { Io } from "./io.ts";
import { misused } from "./problem.ts";

/** Throws a Problem with one line for each setting that is wrong. */
export function settingsOf(env: Io["env"]): Settings {
  const read = readSettings(env);
  if ("problems" in read) throw misused(read.problems.join("\n"));
  return read.settings;
}

/** The data folder, absolute: the option, or else the setting. Throws a Problem where the settings keep log or keys elsewhere. */
export function dataFolderOf(option: string | undefined, env: Io["env"]): string {
  if (option !== undefined) return resolve(option);
  const settings = settingsOf(env);
  const elsewhere = keptElsewhere(settings);
  if (elsewhere !== undefined)
    throw misused(
      `the settings keep ${elsewhere}, and this is done to a whole data folder: name one with --data, or copy what is elsewhere into one first (scim-ledger log copy, keys copy)`,
    );
  return resolve(settings.data);
}

function keptElsewhere(settings: Settings): string | undefined {
  if (settings.eventStore.engine === "esdb") return "the event log in EventStoreDB";
  return keysIn(settings) === "mongodb" ? "the keys in MongoDB" : undefined;
}
