// The one client of a process. It speaks to a replica set or a sharded cluster alone: a batch of the projector is a transaction.
import {
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoCompatibilityError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";
import { refuseNewerFormat } from "./generations/control.ts";
import { inTime } from "./in-time.ts";

/** Where nothing else is named. */
const DATABASE = "scim_ledger";
/** What a server of MongoDB 7.0 says of itself (`hello`). */
const WIRE_VERSION = 21;
/** Codes of errors: authentication failed; the authentication has to be made anew. */
const REFUSED_CREDENTIALS: readonly unknown[] = [18, 391];
const FIT_WITHIN = 10_000;
/** Milliseconds that an end waits for a server that is told of it. */
const CLOSED_WITHIN = 1_000;

/** Whatever the connection string says. */
const PROMISED: MongoClientOptions = {
  // What was acknowledged, and what was read, stays so when another server becomes primary.
  writeConcern: { w: "majority", journal: true },
  readConcern: { level: "majority" },
  readPreference: "primary",
  // Above the longest time that the server is given.
  socketTimeoutMS: 25_000,
};

/** Where the connection string says nothing else. */
const USUAL: MongoClientOptions = {
  appName: "scim-ledger",
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  waitQueueTimeoutMS: 10_000,
  maxPoolSize: 64,
};

/** The server cannot be used as it is; the message is one sentence that says why, and what to do. */
export class MongoRefused extends Error {
  override readonly name = "MongoRefused";
}

export interface MongoConnection extends AsyncDisposable {
  readonly client: MongoClient;
  /** The one that the connection string names. */
  readonly database: Db;
}

export interface MongoConnectionOptions {
  /** A file of certificates in PEM that the server's must come from. */
  readonly caFile?: string | undefined;
  /** In how many milliseconds a server that can be reached has to say what it is. */
  readonly fitWithin?: number;
}

/** Connects to a `mongodb:` or `mongodb+srv:` address. Throws MongoRefused; no message holds credentials. */
export async function connectToMongo(
  uri: string,
  { caFile, fitWithin = FIT_WITHIN }: MongoConnectionOptions = {},
): Promise<MongoConnection> {
  const where = withoutCredentials(uri);
  const client = clientOf(uri, where, caFile);
  try {
    await client.connect();
    const database = client.db(databaseIn(uri));
    await inTime(refuseUnfit(database, where), fitWithin);
    await inTime(refuseNewerFormat(database), fitWithin);
    return { client, database, [Symbol.asyncDispose]: () => closed(client) };
  } catch (error) {
    await closed(client);
    throw refusal(error, where);
  }
}

/** The driver tells the server of the sessions that end, and would wait for the answer of one that hangs. */
const closed = (client: MongoClient): Promise<void> => inTime(client.close(), CLOSED_WITHIN).catch(() => undefined);

/** The address as it may be shown: hosts and database alone. */
export function withoutCredentials(uri: string): string {
  const [scheme = "", rest = ""] = uri.split("://", 2);
  const [beforeOptions = ""] = rest.split("?", 1);
  return `${scheme}://${beforeOptions.slice(beforeOptions.lastIndexOf("@") + 1)}`;
}

function databaseIn(uri: string): string {
  const place = withoutCredentials(uri);
  const path = place.slice(place.indexOf("://") + 3);
  const slash = path.indexOf("/");
  const name = slash < 0 ? "" : decodeURIComponent(path.slice(slash + 1));
  return name === "" ? DATABASE : name;
}

function clientOf(uri: string, where: string, caFile: string | undefined): MongoClient {
  try {
    const options = { ...usualBeside(uri), ...PROMISED };
    return new MongoClient(uri, { ...options, ...(caFile === undefined ? {} : { tls: true, tlsCAFile: caFile }) });
  } catch (cause) {
    // The driver's message may quote the address with its credentials.
    throw new MongoRefused(`${where} is no connection string of MongoDB: see SCIM_LEDGER_READ_STORE`, {
      cause: nameOf(cause),
    });
  }
}

/** The driver takes options that are given beside a connection string before those in it. Names there are in any case. */
function usualBeside(uri: string): MongoClientOptions {
  const [, query = ""] = uri.split("?", 2);
  const said = new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(USUAL).filter(([name]) => !said.has(name.toLowerCase())));
}

async function refuseUnfit(database: Db, where: string): Promise<void> {
  const hello = await database.admin().command({ hello: 1 });
  if (hello["setName"] === undefined && hello["msg"] !== "isdbgrid")
    throw new MongoRefused(
      `the MongoDB at ${where} is a standalone server, which has no transactions: make it a replica set, of one member at least`,
    );
  if (Number(hello["maxWireVersion"]) < WIRE_VERSION) throw tooOld(where);
  if (hello["isWritablePrimary"] !== true)
    throw new MongoRefused(
      `the MongoDB at ${where} is not the primary of its replica set: name the set (replicaSet=…) instead of one of its members`,
    );
}

const tooOld = (where: string): MongoRefused =>
  new MongoRefused(`the MongoDB at ${where} is older than 7.0: this version of scim-ledger needs 7.0 or newer`);

function refusal(error: unknown, where: string): unknown {
  if (error instanceof MongoServerError && REFUSED_CREDENTIALS.includes(error.code))
    return new MongoRefused(`the MongoDB at ${where} refused the credentials of the connection string`);
  // So old that the driver itself does not speak to it.
  if (error instanceof MongoServerSelectionError && error.reason?.error instanceof MongoCompatibilityError)
    return tooOld(where);
  if (isUnreachable(error))
    return new MongoRefused(`the MongoDB at ${where} cannot be reached: ${error.message}`, { cause: nameOf(error) });
  return error;
}

/** The driver's own errors, and the system's: the names behind mongodb+srv are looked up by Node. */
const isUnreachable = (error: unknown): error is Error =>
  error instanceof MongoServerSelectionError ||
  error instanceof MongoNetworkError ||
  (typeof error === "object" && error !== null && "syscall" in error);

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause);
