import { expect, it } from "@jest/globals";
import { CONFIG_VARIABLE } from "../../src/settings/read-settings.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { settingsTable } from "../../src/settings/table.ts";
import { page, settingsTableText } from "./pages.ts";

const operations = page("docs/operations.md").text;

it("operations.md has the table of settings as the settings are", () =>
  expect(operations).toContain(settingsTableText()));

it.each([...Object.values<Setting<unknown>>(settingsTable).map(({ env }) => env), CONFIG_VARIABLE])(
  "operations.md has %s",
  (variable) => expect(operations).toContain(`\`${variable}\``),
);
