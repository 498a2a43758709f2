import { CONFIG_VARIABLE } from "./read-settings.ts";
import type { Setting } from "./setting.ts";
import { settingsTable } from "./table.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** The table of settings for the documentation, in Markdown. */
export function settingsPage(): string {
  const rows = Object.values<Setting<unknown>>(settingsTable).map(
    ({ env, says, may, default: usual }) =>
      `| \`${env}\` | ${cell(says)} | ${cell(may)} | ${usual === undefined ? "" : `\`${cell(usual)}\``} |`,
  );
  return [
    "| variable | what it decides | what it may be | default |",
    "|---|---|---|---|",
    ...rows,
    `| \`${CONFIG_VARIABLE}\` | A JSON file with any of the above as members; the environment wins. | a path | |`,
    "",
  ].join("\n");
}
