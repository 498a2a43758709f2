// Where the tests of EventStoreDB's adapter run: on the double always, and on a real server where one is named.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { afterAll } from "@jest/globals";
import { EventStoreEventLog, type EventStoreOptions } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { EventStoreDouble } from "./double.ts";

/** The address of a real server for tests. */
export const REAL_SERVER = process.env["SCIM_LEDGER_TEST_ESDB"];

/** A command that is called with “kill”, “start”, “pause” and “resume” for that server. */
export const CONTROL = process.env["SCIM_LEDGER_TEST_ESDB_CONTROL"];

/** A real server on a small disk of its own, which whatever runs it starts again when it ends. */
export interface SmallDisk {
  readonly address: string;
  /** Leaves a MiB of the disk, and gives it back. */
  control(what: "fill" | "free"): void;
}

/** Undefined where nobody named one: `SCIM_LEDGER_TEST_ESDB_SMALL` its address, `…_CONTROL` a command that takes “fill” and “free”. */
export function smallDisk(): SmallDisk | undefined {
  const [address, command] = [
    process.env["SCIM_LEDGER_TEST_ESDB_SMALL"],
    process.env["SCIM_LEDGER_TEST_ESDB_SMALL_CONTROL"],
  ];
  if (address === undefined || command === undefined) return undefined;
  return { address, control: (what) => void execFileSync(command, [what], { stdio: "ignore" }) };
}

/** A server for whole services: the real one where it is named, else a double. */
export interface ServedServer {
  readonly name: string;
  /** Settings of a service on a log of its own there; where it is begun, and later. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills it and starts it again, and has it stand still; undefined where nobody can. */
  readonly control: ((what: "kill" | "start" | "pause" | "resume") => Promise<unknown>) | undefined;
  end(): void;
}

export async function startDouble(): Promise<ServedServer> {
  const double = await new EventStoreDouble().start();
  const pause = () => {
    double.faults.append = () => ({ written: Math.random() < 0.5, heard: "nothing" });
    double.faults.read = () => ({ heard: "silence" });
  };
  const resume = () => {
    double.faults.append = () => undefined;
    double.faults.read = () => undefined;
  };
  const controls = { kill: () => double.stop(), start: () => double.start(), pause, resume };
  return {
    name: "EventStoreDB's double",
    environment: { SCIM_LEDGER_EVENT_STORE: double.address },
    control: async (what) => controls[what](),
    end: () => double.stop(),
  };
}

/** The real server, with a namespace of its own. */
export const realServer = (server: string, control = CONTROL): ServedServer => ({
  name: "EventStoreDB",
  environment: {
    SCIM_LEDGER_EVENT_STORE: server,
    SCIM_LEDGER_NAMESPACE: `t${randomBytes(8).toString("hex")}`,
    SCIM_LEDGER_BEGIN_LOG: "true",
  },
  control: control === undefined ? undefined : async (what) => execFileSync(control, [what], { stdio: "ignore" }),
  end: () => undefined,
});

/** Opens the log of a place: a double each, which lives until the end of the describe. */
export function doubles(options: EventStoreOptions = {}) {
  const started = new Map<string, EventStoreDouble>();
  afterAll(() => {
    for (const double of started.values()) double.stop();
  });
  return async (place: string): Promise<EventStoreEventLog> => {
    const double = started.get(place) ?? (await new EventStoreDouble().start());
    double.log.noise = started.size % 3;
    started.set(place, double);
    return EventStoreEventLog.open(double.address, options);
  };
}

/** Opens the log of a place on the real server: a namespace each, in the one log that all share. */
export function namespaces(server: string, options: EventStoreOptions = {}) {
  const known = new Map<string, string>();
  return (place: string): Promise<EventStoreEventLog> => {
    const namespace = known.get(place) ?? `t${randomBytes(8).toString("hex")}`;
    known.set(place, namespace);
    return EventStoreEventLog.open(server, { ...options, namespace, beginBeside: true });
  };
}

/** Says in one line that there was no real server; true where there is one. */
export function hasRealServer(of: string): boolean {
  if (REAL_SERVER === undefined)
    process.stderr.write(`${of}: no real EventStoreDB was tested, as SCIM_LEDGER_TEST_ESDB names none\n`);
  return REAL_SERVER !== undefined;
}
