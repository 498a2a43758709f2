// `scim-ledger doctor`: looks at everything and says what to do.
import { resolve } from "node:path";
import { readSettings } from "../../settings/read-settings.ts";
import { keysIn, settingsTable } from "../../settings/table.ts";
import { namesIn } from "../files.ts";
import type { StoreFile } from "../inspect.ts";
import type { Io } from "../io.ts";
import { type ExitCode, sentenceOf } from "../problem.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { type Check, type Finding, type Patient, problem } from "./check.ts";
import { contents } from "./contents.ts";
import { engines } from "./engines.ts";
import { holder } from "./holder.ts";
import { ledger } from "./ledger.ts";
import { readModels } from "./read-models.ts";
import { surroundings } from "./surroundings.ts";

const CHECKS: readonly Check[] = [...surroundings, ...holder, ...contents, ...engines, ...ledger, ...readModels];

const CODES: Readonly<Record<Finding["state"], ExitCode>> = { ok: 0, warning: 1, problem: 2 };
const MARKS: Readonly<Record<Finding["state"], string>> = { ok: "ok      ", warning: "warning ", problem: "PROBLEM " };

interface DoctorOptions {
  readonly data?: string;
  readonly json?: true;
}

export function addDoctor({ program, io, ending }: Cli): void {
  program
    .command("doctor")
    .description(
      "look at settings, data folder, EventStoreDB and MongoDB, and say what to do; changes nothing, also while a service runs",
    )
    .option("--data <folder>", "the data folder; without it, the setting SCIM_LEDGER_DATA")
    .option("--json", "print the findings as JSON")
    .addHelpText("after", examples("scim-ledger doctor", "scim-ledger doctor --data /var/lib/scim-ledger --json"))
    .addHelpText("after", exitCodes({ 0: "all is well", 1: "there are warnings", 2: "there are problems" }))
    .action(ending((options: DoctorOptions) => runDoctor(options, io)));
}

async function runDoctor({ data, json }: DoctorOptions, io: Io): Promise<ExitCode> {
  const patient = patientOf(data, io.env);
  const isThere = thingsOf(patient);
  const findings: (Finding & { readonly check: string })[] = [];
  for (const check of CHECKS) {
    if (!isThere(check)) continue;
    const finding = { check: check.name, ...(await found(check, patient)) };
    findings.push(finding);
    if (!json) for (const line of lines(finding)) io.out(line);
  }
  const worst = Math.max(...findings.map(({ state }) => CODES[state]));
  if (json) io.out(JSON.stringify({ data: patient.folder, exitCode: worst, findings }, null, 2));
  return worst;
}

/** Which checks have something to look at; where a setting is wrong, all is looked for in the folder. */
function thingsOf({ folder, settings }: Patient): (check: Check) => boolean {
  const elsewhere: Readonly<Record<StoreFile, boolean>> = {
    log: settings?.eventStore.engine === "esdb",
    views: settings?.readStore.engine === "mongodb",
    vault: settings !== undefined && keysIn(settings) === "mongodb",
  };
  const isThere: Readonly<Record<Check["of"], boolean>> = {
    surroundings: true,
    "data folder": isFilled(folder),
    "log in EventStoreDB": elsewhere.log,
    "read models in MongoDB": elsewhere.views,
    "keys in MongoDB": elsewhere.vault,
  };
  return ({ of, files = [] }) => isThere[of] && !files.some((file) => elsewhere[file]);
}

function patientOf(data: string | undefined, env: Io["env"]): Patient {
  const read = readSettings(env);
  return {
    folder: resolve(data ?? ("settings" in read ? read.settings.data : dataAlone(env))),
    settingProblems: "problems" in read ? read.problems : [],
    settings: "settings" in read ? read.settings : undefined,
  };
}

/** The data folder where another setting is wrong. */
function dataAlone(env: Io["env"]): string {
  const { env: variable } = settingsTable.data;
  const read = readSettings({ [variable]: env[variable] });
  return "settings" in read ? read.settings.data : ".";
}

function isFilled(folder: string): boolean {
  try {
    return namesIn(folder).length > 0;
  } catch {
    return false;
  }
}

async function found({ find }: Check, patient: Patient): Promise<Finding> {
  try {
    return await find(patient);
  } catch (error) {
    return problem(sentenceOf(error) ?? String(error), "look at what the system says here");
  }
}

const lines = ({ check, state, says, advice }: Finding & { readonly check: string }): readonly string[] => [
  `${MARKS[state]}${check}: ${says}`,
  ...(advice === undefined ? [] : [`        → ${advice}`]),
];
