// A process that signs heads while it writes, says which it handed out, and ends without warning at a step of a checkpoint.
// Arguments: data folder, step (or "never": then somebody else kills it), after how many times.
import { randomUUIDv7 } from "node:crypto";
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { KeyFile } from "../../src/ledger/file/key-file.ts";
import { INSTANCE } from "../../src/ledger/keys.ts";
import { Checkpoints } from "../../src/processes/checkpoints.ts";
import { LedgerLog } from "../../src/processes/ledger-log.ts";
import { createService } from "../../src/service.ts";
import { context } from "../support/embedded.ts";
import { client } from "../support/requests.ts";

/** The steps of a checkpoint, in their order. */
export const STEPS = [
  "before the head is kept",
  "while the head is written to its file",
  "when the head is kept",
  "when the head is handed out",
  "when the head is in the log",
  "before the instance's head is kept",
  "when the instance's head is handed out",
  "when the instance's head is in the log",
] as const;
type Step = (typeof STEPS)[number];

const [folder, step, times] = process.argv.slice(2) as [string, Step | "never", string];
let left = Number(times);

/** Ends here, if this is the step. */
function reached(here: Step, prepare?: () => void): void {
  if (here !== step || --left > 0) return;
  prepare?.();
  process.kill(process.pid, "SIGKILL");
}

DataFolder.hold(folder);
const stores = await openStores(folder);
const service = await createService({ ...stores, signal: new AbortController().signal });
if (service.directory.tenant("acme") === undefined) await service.tenants.create("acme", "Acme", context("acme"));
const keyFolder = join(folder, "ledger");
const files = new HeadFiles(keyFolder);
const log = new LedgerLog({ log: stores.log, namespace: stores.namespace, clock: systemClock() });
const checkpoints = new Checkpoints({
  ledgers: stores.ledger,
  keys: KeyFile.openOrMake(keyFolder, "id.example.com/ledger/v1"),
  ledgerLog: {
    append: async (tenant, event, after, by) => {
      const appended = await log.append(tenant, event, after, by);
      reached(tenant === INSTANCE ? "when the instance's head is in the log" : "when the head is in the log");
      return appended;
    },
  },
  heads: {
    last: (tenant) => files.last(tenant),
    tenants: () => files.tenants(),
    cosigned: (tenant) => files.cosigned(tenant),
    keepCosigned: (tenant, note) => files.keepCosigned(tenant, note),
    keep: (tenant, note) => {
      reached(tenant === INSTANCE ? "before the instance's head is kept" : "before the head is kept");
      reached("while the head is written to its file", () => {
        mkdirSync(join(keyFolder, "heads"), { recursive: true });
        writeFileSync(join(keyFolder, "heads", `${tenant}.checkpoint.new`), note.slice(0, note.length >> 1));
      });
      files.keep(tenant, note);
      reached("when the head is kept");
    },
  },
  visible: (position) => stores.visibility.reached(position),
  onSigned: (tenant, note) => {
    writeSync(1, `${JSON.stringify({ tenant, note })}\n`);
    reached(tenant === INSTANCE ? "when the instance's head is handed out" : "when the head is handed out");
  },
  onFailed: (tenant, reason) => void writeSync(1, `${JSON.stringify({ tenant, failed: reason })}\n`),
});
await checkpoints.inspect();
const { createUser } = client({ stores, service } as never);
for (;;) {
  await createUser({ userName: randomUUIDv7() });
  await checkpoints.signAll();
}
