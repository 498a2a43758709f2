// The connection string is the one place for credentials; nothing here or later says more of it than its hosts.

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const DISCOVERING = "esdb+discover://";
const SCHEMES = ["esdb://", DISCOVERING];

/** The hosts alone, for a log line or an error. Throws a sentence for an address of something else. */
export function hostsOf(connectionString: string): string {
  const authority = authorityOf(connectionString);
  return authority.slice(authority.lastIndexOf("@") + 1);
}

/** User and password, decoded; undefined where there are none. */
export function credentialsOf(connectionString: string): Credentials | undefined {
  const authority = authorityOf(connectionString);
  const at = authority.lastIndexOf("@");
  if (at < 0) return undefined;
  const [username, ...rest] = authority.slice(0, at).split(":");
  return { username: decodeURIComponent(username!), password: decodeURIComponent(rest.join(":")) };
}

/** The address as the client is to have it: without credentials, as it prints what it does not understand. */
export function addressOf(connectionString: string, caFile: string | undefined): string {
  const authority = authorityOf(connectionString);
  const hosts = hostsOf(connectionString);
  const given = connectionString.trim().replace(authority, hosts).replace(/\/+$/u, "");
  // Of several hosts the client would ask the first alone, and be lost with it: it asks all where none is to be discovered.
  const bare = hosts.includes(",") ? given.replace(DISCOVERING, "esdb://") : given;
  // Without it the client answers every refused append with a revision of its own making.
  const answering = `${bare}${bare.includes("?") ? "&" : "?"}throwOnAppendFailure=true${gossipIn(bare)}`;
  return caFile === undefined ? answering : `${answering}&tlsCAFile=${encodeURIComponent(caFile)}`;
}

/** A member of a cluster that stands still is passed over in less time than an attempt of an append has. */
const gossipIn = (address: string): string =>
  /[?&]gossipTimeout=/iu.test(address) ? "" : `&gossipTimeout=${GOSSIP_SECONDS}`;

const GOSSIP_SECONDS = 1;

/** As the client reads it: on, unless it is turned off. */
export const hasTls = (connectionString: string): boolean => !/[?&]tls=false(?:&|$)/iu.test(connectionString.trim());

function authorityOf(connectionString: string): string {
  const scheme = SCHEMES.find((known) => connectionString.trim().startsWith(known));
  if (scheme === undefined) throw new Error(`the event store's address must begin with ${SCHEMES.join(" or ")}`);
  return connectionString.trim().slice(scheme.length).split(/[/?]/u, 1)[0]!;
}
