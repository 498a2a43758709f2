// Reads the settings from the environment and, where SCIM_LEDGER_CONFIG names one, a JSON file; the environment wins.
// Every problem is found in one go, and says which setting, what it was, and what it may be.
import { readFileSync } from "node:fs";
import { isObject } from "../scim/json.ts";
import { NotAllowed, type Setting } from "./setting.ts";
import { isShared, keysIn, type Settings, settingsTable } from "./table.ts";

/** Names the file. Its members are called as the variables are: `{"PORT": 3000}`. */
export const CONFIG_VARIABLE = "SCIM_LEDGER_CONFIG";

export type SettingsOrProblems = { readonly settings: Settings } | { readonly problems: readonly string[] };
type Environment = Readonly<Record<string, string | undefined>>;

const rows = Object.entries<Setting<unknown>>(settingsTable);

/** `readFile` reads the configuration file as text; it throws where there is none. */
export function readSettings(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): SettingsOrProblems {
  const problems: string[] = [];
  const file = fileSettings(environment[CONFIG_VARIABLE], readFile, problems);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of rows) {
    const given = environment[setting.env];
    const text = given === undefined || given === "" ? file.get(setting.env) : given;
    const value = parse(setting, text ?? setting.default, problems);
    if (value !== undefined) values[name] = value;
  }
  const settings = values as unknown as Settings;
  if (problems.length === 0) problems.push(...contradictions(settings));
  return problems.length === 0 ? { settings } : { problems };
}

function parse(setting: Setting<unknown>, text: string | undefined, problems: string[]): unknown {
  if (text === undefined) return undefined;
  try {
    return setting.parse(text);
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    const was = setting.secret ? "(not shown: it is a secret)" : `“${text}”`;
    problems.push(`${setting.env} is ${was}; it must be ${error.message === "" ? setting.may : error.message}.`);
    return undefined;
  }
}

function fileSettings(path: string | undefined, readFile: (path: string) => string, problems: string[]) {
  const texts = new Map<string, string>();
  if (path === undefined || path === "") return texts;
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch (error) {
    problems.push(`${CONFIG_VARIABLE} is “${path}”; it must be a readable JSON file (${whyNot(error)}).`);
    return texts;
  }
  if (!isObject(content)) {
    problems.push(`${CONFIG_VARIABLE} is “${path}”; the file must hold a JSON object whose members are settings.`);
    return texts;
  }
  const known = new Set(rows.map(([, { env }]) => env));
  for (const [name, value] of Object.entries(content)) {
    if (!known.has(name))
      problems.push(`${path} holds “${name}”, which is no setting; it may hold ${[...known].join(", ")}.`);
    else if (Array.isArray(value)) texts.set(name, value.join(","));
    else if (value !== null) texts.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return texts;
}

/** JSON.parse quotes the text, and the file may hold a secret. */
const whyNot = (error: unknown): string =>
  error instanceof SyntaxError
    ? "it is not JSON"
    : String((error as NodeJS.ErrnoException).code ?? "it cannot be read");

const LOOPBACK = new Set(["localhost", "::1", "[::1]"]);
const isLoopback = (host: string): boolean => LOOPBACK.has(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/u.test(host);

/** What is wrong with settings that are each right. */
function contradictions(settings: Settings): string[] {
  const problems: string[] = [];
  const { tlsCert, tlsKey, trustedProxies, allowPlainHttp, host, pageSize, maxPageSize } = settings;
  problems.push(...storeContradictions(settings));
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    problems.push("SCIM_LEDGER_TLS_CERT and SCIM_LEDGER_TLS_KEY must be set together, or neither.");
  if (!isLoopback(host) && tlsCert === undefined && trustedProxies === undefined && !allowPlainHttp)
    problems.push(
      `HOST is “${host}”, beyond this machine, without TLS: set SCIM_LEDGER_TLS_CERT and SCIM_LEDGER_TLS_KEY, or name ` +
        "the proxy that ends TLS in SCIM_LEDGER_TRUSTED_PROXIES, or accept that tokens travel in clear with " +
        "SCIM_LEDGER_ALLOW_PLAIN_HTTP=true.",
    );
  if (pageSize > maxPageSize)
    problems.push(
      `SCIM_LEDGER_PAGE_SIZE is “${pageSize}”; it must be at most SCIM_LEDGER_MAX_PAGE_SIZE, which is ${maxPageSize}.`,
    );
  return problems;
}

function storeContradictions(settings: Settings): string[] {
  const { eventStore, readStore, keys, storeCa, rootKey, ledgerFolder } = settings;
  const problems: string[] = [];
  const keysEngine = keysIn(settings);
  if (isShared(settings) && settings.baseUrl === undefined)
    problems.push(
      "SCIM_LEDGER_BASE_URL must be set where other nodes may serve too (SCIM_LEDGER_EVENT_STORE and " +
        "SCIM_LEDGER_READ_STORE name engines): it is in every location, and the same on every node.",
    );
  if (keys?.engine === "mongodb" && keys.uri === undefined && readStore.engine !== "mongodb")
    problems.push(
      "SCIM_LEDGER_KEYS is “mongodb”, the database of the read models, and these are in files: name a database of " +
        "MongoDB in SCIM_LEDGER_KEYS itself, or in SCIM_LEDGER_READ_STORE.",
    );
  if (rootKey !== undefined && keysEngine === "file")
    problems.push(
      "SCIM_LEDGER_ROOT_KEY is set, and the data keys are in the data folder, where root.key lies beside them: leave " +
        "it out, or keep the keys in MongoDB (SCIM_LEDGER_KEYS).",
    );
  if (storeCa !== undefined && eventStore.engine === "sqlite" && readStore.engine === "sqlite" && keysEngine === "file")
    problems.push("SCIM_LEDGER_STORE_CA is set, and everything is kept in files of this process: leave it out.");
  if (ledgerFolder !== undefined && (readStore.engine === "mongodb" || keysEngine === "mongodb"))
    problems.push(
      "SCIM_LEDGER_LEDGER_FOLDER is set, and the ledger's keys and heads are in MongoDB, where every node finds them: " +
        "leave it out.",
    );
  return problems;
}
