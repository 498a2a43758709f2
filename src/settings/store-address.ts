// Where a store is: in files of this process, or at an engine that a connection string names. Such a string may hold a password
// and is never repeated.
import { NotAllowed } from "./setting.ts";

/** `uri` may hold credentials. */
export type EventStoreAddress = { readonly engine: "sqlite" } | { readonly engine: "esdb"; readonly uri: string };
export type ReadStoreAddress = { readonly engine: "sqlite" } | { readonly engine: "mongodb"; readonly uri: string };
/** Without a `uri`: in the database of the read models. */
export type KeysAddress = { readonly engine: "file" } | { readonly engine: "mongodb"; readonly uri?: string };

const EVENT_STORE = ["esdb://", "esdb+discover://"];
const MONGODB = ["mongodb://", "mongodb+srv://"];

export const EVENT_STORE_MAY = "sqlite, or a connection string that begins with esdb:// or esdb+discover://";
export const READ_STORE_MAY = "sqlite, or a connection string that begins with mongodb:// or mongodb+srv://";
export const KEYS_MAY =
  "file, mongodb (in the database of the read models), or a connection string that begins with mongodb:// or mongodb+srv://";

export function eventStoreAt(value: string): EventStoreAddress | undefined {
  if (value === "sqlite") return { engine: "sqlite" };
  return beginsWith(EVENT_STORE, value) ? { engine: "esdb", uri: withHost(value) } : undefined;
}

export function readStoreAt(value: string): ReadStoreAddress | undefined {
  if (value === "sqlite") return { engine: "sqlite" };
  return beginsWith(MONGODB, value) ? { engine: "mongodb", uri: withHost(value) } : undefined;
}

export function keysAt(value: string): KeysAddress | undefined {
  if (value === "file") return { engine: "file" };
  if (value === "mongodb") return { engine: "mongodb" };
  return beginsWith(MONGODB, value) ? { engine: "mongodb", uri: withHost(value) } : undefined;
}

/** The authorities as a connection to MongoDB is given them: to one with TLS alone. */
export const caOfMongo = (uri: string, ca: string | undefined): string | undefined =>
  uri.startsWith("mongodb+srv://") || /[?&](?:tls|ssl)=true(?:&|$)/u.test(uri) ? ca : undefined;

const beginsWith = (schemes: readonly string[], value: string): boolean =>
  schemes.some((scheme) => value.startsWith(scheme));

function split(uri: string): readonly [scheme: string, rest: string] {
  const at = uri.indexOf("://") + 3;
  return [uri.slice(0, at), uri.slice(at)];
}

/** Hosts may be several, joined by commas, which no URL parser takes. */
function authorityOf(rest: string): { readonly hosts: string; readonly credentials: boolean } {
  const { authority } = partsOf(rest);
  const at = authority.lastIndexOf("@");
  return { hosts: authority.slice(at + 1), credentials: at >= 0 };
}

function partsOf(rest: string): { readonly authority: string; readonly after: string } {
  const end = rest.search(/[/?#]/u);
  return end < 0 ? { authority: rest, after: "" } : { authority: rest.slice(0, end), after: rest.slice(end) };
}

function withHost(uri: string): string {
  if (/\s/u.test(uri)) throw new NotAllowed("a connection string without blanks");
  const [scheme, rest] = split(uri);
  // After a “/”, “?” or “#” in a password that is not percent-encoded, the rest of it would pass for hosts, and be shown.
  if (partsOf(rest).after.includes("@"))
    throw new NotAllowed(
      "a connection string whose user and password are percent-encoded (@ / ? # as %40 %2F %3F %23)",
    );
  if (
    authorityOf(rest)
      .hosts.split(",")
      .some((host) => host === "")
  )
    throw new NotAllowed(
      `a connection string with a host after ${scheme} (and after user:password@ where there are any)`,
    );
  return uri;
}
