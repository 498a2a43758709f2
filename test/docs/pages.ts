// The pages of the documentation, and the tables in them that come from the code.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { questions } from "../../src/audit/questions.ts";
import { catalogue } from "../../src/domain/events.ts";
import { type AppDependencies, routesOf } from "../../src/http/app.ts";
import { auditRoutes } from "../../src/http/audit/routes.ts";
import { ledgerRoutes } from "../../src/http/ledger/routes.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { checks } from "../../src/scim/normalise/checks.ts";
import { profileNames, profiles } from "../../src/scim/normalise/profile.ts";
import { type RuleDescription, rules } from "../../src/scim/normalise/rules.ts";
import { CONFIG_VARIABLE } from "../../src/settings/read-settings.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { settingsTable } from "../../src/settings/table.ts";
import { defaultSettings } from "../http/fakes.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export interface Page {
  /** From the repository's root: `docs/api.md`. */
  readonly path: string;
  readonly text: string;
}

/** A page by its path from the repository's root. */
export const page = (path: string): Page => ({ path, text: readFileSync(join(root, path), "utf8") });

/** README.md and everything in docs/. */
export const pages: readonly Page[] = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
].map(page);

/** Where a relative link of a page leads, absolute. */
export const target = ({ path }: Page, link: string): string => resolve(root, dirname(path), link);
export const fromRoot = (path: string): string => join(root, path);
export const toRoot = (path: string): string => relative(root, path);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${text}\``;

export const rulesTable = (): string =>
  table(
    ["rule", "where", "what is sent", "what it means", "beside `lenient`"],
    rules.map(({ id, where, says, means, profiles: of }: RuleDescription) => [
      code(id),
      where,
      says,
      means,
      of.filter((profile) => profile !== "lenient").join(", ") || "–",
    ]),
  );

export const profilesTable = (): string =>
  table(
    ["profile", "for"],
    profileNames.map((name) => [code(name), profiles[name].says]),
  );

export const checksTable = (): string =>
  table(
    ["check", "what it refuses"],
    checks.map(({ id, says }) => [code(id), says]),
  );

export const eventsTable = (): string =>
  table(
    ["streams", "events"],
    Object.entries(catalogue).map(([category, events]) => [
      category,
      events.map((event) => code(event.type) + (event.personal === undefined ? "" : "\\*")).join(", "),
    ]),
  );

export const questionsTable = (): string =>
  table(
    ["question", "route", "what it asks", "evidence carries"],
    questions.map(({ id, route, asks, rests }) => [
      code(id),
      code(`GET /audit/v1${route}`),
      asks,
      rests === "streams" ? "some streams" : "all",
    ]),
  );

/** Every route that the app mounts. */
export const routes = () =>
  routesOf({
    settings: defaultSettings(),
    baseUrl: "http://localhost",
    metrics: new Metrics(),
    readiness: [],
    routes: [
      ...auditRoutes({} as Parameters<typeof auditRoutes>[0]),
      ...ledgerRoutes({ publicCheckpoints: [] } as unknown as Parameters<typeof ledgerRoutes>[0]),
    ],
  } as unknown as AppDependencies);

export const routesTable = (): string =>
  table(
    ["method", "path", "scope"],
    routes().map(({ method, path, scope }) => [method === "ALL" ? "any" : method, code(path), scope]),
  );

export function settingsTableText(): string {
  const rows = Object.values<Setting<unknown>>(settingsTable).map(
    ({ env, says, may, default: usual }) =>
      `| ${code(env)} | ${cell(says)} | ${cell(may)} | ${usual === undefined ? "" : code(cell(usual))} |`,
  );
  return [
    "| variable | what it decides | what it may be | default |",
    "|---|---|---|---|",
    ...rows,
    `| ${code(CONFIG_VARIABLE)} | A JSON file with any of the above as members; the environment wins. | a path | |`,
  ].join("\n");
}
