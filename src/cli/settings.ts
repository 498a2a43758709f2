// Settings as verbs need them: all of them, or the data folder alone.
import { resolve } from "node:path";
import { readSettings } from "../settings/read-settings.ts";
import type { Settings } from "../settings/table.ts";
import type { Io } from "./io.ts";
import { misused } from "./problem.ts";

/** Throws a Problem with one line for each setting that is wrong. */
export function settingsOf(env: Io["env"]): Settings {
  const read = readSettings(env);
  if ("problems" in read) throw misused(read.problems.join("\n"));
  return read.settings;
}

/** The data folder, absolute: the option, or else the setting. */
export const dataFolderOf = (option: string | undefined, env: Io["env"]): string =>
  resolve(option ?? settingsOf(env).data);
