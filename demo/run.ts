// `npm run demo`: a throw-away server is provisioned the way Entra ID and Okta do it, then answers five audit questions.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createLogger } from "../src/http/log.ts";
import { serve } from "../src/main.ts";
import { readSettings } from "../src/settings/read-settings.ts";
import { ask, scimClient, Unexpected } from "./client.ts";
import { deprovision, provision } from "./entra-id.ts";
import { push } from "./okta.ts";
import { askFiveQuestions } from "./questions.ts";
import { heading, note } from "./show.ts";

const data = mkdtempSync(join(tmpdir(), "scim-ledger-demo-"));
try {
  await demo(data);
} catch (error) {
  process.exitCode = 1;
  console.error(error instanceof Unexpected ? `\nThat was not expected: ${error.message}` : error);
} finally {
  rmSync(data, { recursive: true, force: true });
}

async function demo(folder: string): Promise<void> {
  const read = readSettings({ PORT: "0", SCIM_LEDGER_DATA: folder });
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  const running = await serve(read.settings, {
    log: createLogger("warn", { write: (line) => process.stderr.write(line) }),
  });
  try {
    heading(`scim-ledger: a throw-away server at ${running.url}`);
    await tell(running.url, running.firstTokens);
    heading("That was the demo. “npm start” starts a service that stays.");
  } finally {
    await running.close();
  }
}

type Tokens = readonly { readonly name: string; readonly token: string }[];

async function tell(base: string, tokens: Tokens): Promise<void> {
  const [administrator, auditor] = ["first administrator", "first auditor"].map((name) => tokenOf(tokens, name));
  const names = new Map<string, string>();
  const client = async (name: string, profile: string) =>
    scimClient(name, base, await issue(base, administrator!, name, profile), names);
  const remember = (id: string, name: string) => void names.set(id, name);

  heading("Entra ID provisions two people and two groups");
  const entra = await client("Entra ID", "entra");
  const who = await provision(entra, remember);

  heading("Okta pushes one person and a group");
  await push(await client("Okta", "okta"), remember);

  const before = await anInstant();
  heading(`Entra ID takes access away (after ${before})`);
  await deprovision(entra, who);

  heading("An auditor asks");
  note("Every answer names the events, requests and credentials that prove it.");
  await askFiveQuestions({ base, token: auditor!, who, before, names });
}

function tokenOf(tokens: Tokens, name: string): string {
  const found = tokens.find((one) => one.name === name);
  if (found === undefined) throw new Unexpected(`the first start made no token “${name}”`);
  return found.token;
}

/** A credential of its own for each identity provider: audit answers name it, and its profile reads its dialect. */
async function issue(base: string, administrator: string, name: string, profile: string): Promise<string> {
  const { status, body } = await ask(`${base}/admin/v1/credentials`, administrator, "POST", {
    name,
    kind: "provisioning",
    profile,
  });
  if (status !== 201 || typeof body["token"] !== "string") throw new Unexpected(`no credential for ${name}: ${status}`);
  return body["token"];
}

/** An instant between two requests, apart from both by more than its own precision. */
async function anInstant(): Promise<string> {
  await pause(10);
  const instant = new Date().toISOString();
  await pause(10);
  return instant;
}
