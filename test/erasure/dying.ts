// Erases a person and dies at a given step: `node dying.ts <folder> <atomic|single> <step> <user id>`.
import type { EventLog } from "../../src/eventlog/event-log.ts";
import { context, holdAndStart } from "../support/embedded.ts";

const [folder = "", mode = "", step = "", id = ""] = process.argv.slice(2);

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("unreachable");
};

const { stores, service } = await holdAndStart(folder, { atomic: mode === "atomic" });
const { log, vault } = stores as { log: EventLog; vault: typeof stores.vault };
const append = log.append.bind(log);
const destroy = vault.destroy.bind(vault);

/** The step before which the process dies; `UserErased` and its completion are appends, the key lies between. */
log.append = (one) => {
  const types = one.events.map(({ type }) => type);
  if (step === "before the log" && types.includes("UserErased")) die();
  if (step === "before the completion" && types.includes("UserErasureCompleted")) die();
  return append(one);
};
if (log.appendAtomically !== undefined) {
  const appendAtomically = log.appendAtomically.bind(log);
  Object.assign(log, {
    appendAtomically: (all: Parameters<typeof appendAtomically>[0]) => {
      if (step === "before the log") die();
      return appendAtomically(all);
    },
  });
}
vault.destroy = async (tenant, keys) => {
  if (step === "before the key") die();
  await destroy(tenant, keys);
  if (step === "after the key") die();
};

await service.erasing.erase({ id, reason: "case 17" }, context());
