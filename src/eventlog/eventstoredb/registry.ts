// Which logs a server holds: EventStoreDB may serve others beside this service, so what a data folder says of itself stands
// in a stream here: the namespace, fixed at the first start, and the log's format.
import { jsonEvent, type ResolvedEvent } from "@eventstore/db-client";
import { Fatal, type Position, Unavailable } from "../event-log.ts";
import { DEFAULT_NAMESPACE, isNamespace } from "../stream-name.ts";
import type { Connection } from "./connection.ts";
import { meaningOf, messageOf } from "./failure.ts";
import { type ReadLimits, readThrough } from "./reading.ts";
import { placeOf } from "./stored-event.ts";

const REGISTRY = "scim-ledger-logs";
/** The newest that this version reads and writes. */
const FORMAT = 1;
const BEGUN = "LogBegun";

/** A log on a server. */
export interface RegisteredLog {
  readonly namespace: string;
  /** Nothing of the log lies before. */
  readonly origin: Position;
}

interface Entry extends RegisteredLog {
  readonly format: number;
}

export interface Wanted {
  readonly namespace?: string | undefined;
  /** Begin a log though the server holds another of ours. */
  readonly beginBeside?: boolean | undefined;
  /** Begin none, whatever the server holds. */
  readonly forReading?: boolean | undefined;
}

/** The server does not hold the log that is meant, or which is meant is not said. */
export class WrongLog extends Error {
  readonly reason: "several" | "another" | "none";
  constructor(reason: WrongLog["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Finds the log, or begins it. Throws a sentence where it cannot be the one that was meant, Fatal, Unavailable. */
export async function findOrBegin(connection: Connection, limits: ReadLimits, wanted: Wanted): Promise<RegisteredLog> {
  const { namespace } = wanted;
  if (namespace !== undefined && !isNamespace(namespace))
    throw new Error(`“${namespace}” cannot be a namespace: lower-case letters and digits, at most 40, a letter first`);
  const until = Date.now() + limits.patienceMs;
  for (;;) {
    const { entries, revision } = await entriesOf(connection, limits);
    const found = chosen(connection.server, entries, wanted);
    if (found !== undefined) return readable(connection.server, found);
    await begin(connection, namespace ?? DEFAULT_NAMESPACE, revision, limits);
    if (Date.now() > until) throw new Unavailable(`no log could be begun at ${connection.server}`, "unknown");
  }
}

/** Says nothing of the logs that are there: they may be others' business. */
function chosen(
  server: string,
  entries: readonly Entry[],
  { namespace, beginBeside, forReading }: Wanted,
): Entry | undefined {
  if (namespace === undefined && entries.length > 1)
    throw new WrongLog(
      "several",
      `the event store at ${server} holds several logs, and no namespace says which is meant`,
    );
  const found = namespace === undefined ? entries[0] : entries.find((entry) => entry.namespace === namespace);
  if (forReading === true && entries.length === 0)
    throw new WrongLog("none", `the event store at ${server} holds no log of this service`);
  if (found === undefined && entries.length > 0 && (beginBeside !== true || forReading === true))
    throw new WrongLog("another", `the event store at ${server} holds a log, but none of the namespace “${namespace}”`);
  return found;
}

function readable(server: string, { format, namespace, origin }: Entry): RegisteredLog {
  if (format > FORMAT)
    throw new Error(
      `the log “${namespace}” at ${server} has format ${format}, and this version reads up to ${FORMAT}: use a newer version`,
    );
  return { namespace, origin };
}

async function entriesOf(connection: Connection, limits: ReadLimits) {
  const logs = new Map<string, Entry>();
  let revision: bigint | "no_stream" = "no_stream";
  await readThrough(connection, limits, (client) => {
    logs.clear();
    revision = "no_stream";
    return {
      reading: client.readStream(REGISTRY),
      take: ({ event }: ResolvedEvent) => {
        if (event === undefined) return true;
        revision = event.revision;
        const { namespace, format } = event.data as { readonly namespace?: unknown; readonly format?: unknown };
        if (typeof namespace !== "string" || typeof format !== "number")
          throw new Fatal(`stream ${REGISTRY} at ${connection.server} is not of this service`);
        // A later entry of a namespace says that its format changed.
        const origin = logs.get(namespace)?.origin ?? placeOf(event.position, event.id);
        logs.set(namespace, { namespace, format, origin });
        return true;
      },
    };
  });
  return { entries: [...logs.values()], revision: revision as bigint | "no_stream" };
}

/** Whoever else begins at the same time, one is first; and whatever comes of it is read back. */
async function begin(
  connection: Connection,
  namespace: string,
  expectedRevision: bigint | "no_stream",
  { idleMs }: ReadLimits,
): Promise<void> {
  const client = await connection.client();
  const event = jsonEvent({ type: BEGUN, data: { namespace, format: FORMAT } });
  try {
    await answered(client.appendToStream(REGISTRY, event, { expectedRevision }), idleMs);
  } catch (error) {
    if (meaningOf(error) === "denied")
      throw new Unavailable(`the event store refused: ${messageOf(error)}`, "no", { cause: error });
    if (meaningOf(error) === "broken") connection.replace(client, messageOf(error));
    if (meaningOf(error) !== "conflict") await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const PAUSE_MS = 200;

/** The client may never answer. */
export async function answered<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
