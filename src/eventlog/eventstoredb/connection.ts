// The one client of a log, and its replacement when it hangs. A new client is made only when the old one has said of
// everything on its way that it failed: a late failure of the old one would otherwise be taken for the new one's.
import { isIP } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { EventStoreDBClient } from "@eventstore/db-client";
import { Unavailable } from "../event-log.ts";
import { addressOf, type Credentials, credentialsOf, hasTls, hostsOf } from "./connection-string.ts";
import { disposeOf, fencedClient } from "./fenced-client.ts";

/** How long the old client has to fail what it holds. */
const PARTING_MS = 1_000;

export interface ConnectionOptions {
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** Told in a sentence, without credentials, of trouble that was dealt with. */
  readonly onTrouble?: (sentence: string) => void;
}

export class Connection {
  /** The hosts, without credentials. */
  readonly server: string;
  readonly #address: string;
  readonly #credentials: Credentials | undefined;
  readonly #onTrouble: (sentence: string) => void;
  #client: EventStoreDBClient;
  #parting: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(connectionString: string, { caFile, onTrouble = () => {} }: ConnectionOptions = {}) {
    this.server = hostsOf(connectionString);
    refuseAddressWithTls(connectionString);
    this.#address = addressOf(connectionString, caFile);
    this.#credentials = credentialsOf(connectionString);
    this.#onTrouble = onTrouble;
    this.#client = fencedClient(this.#address, this.#credentials);
  }

  /** The client to use now; undefined where it has to be waited for. */
  get current(): EventStoreDBClient | undefined {
    return this.#parting === undefined && !this.#isClosed ? this.#client : undefined;
  }

  /** The client to use now. Throws Unavailable once closed. */
  async client(): Promise<EventStoreDBClient> {
    await this.#parting;
    if (this.#isClosed) throw new Unavailable("the event log is closed", "no");
    return this.#client;
  }

  /** Replaces a client that does not answer; once, however many noticed. */
  replace(failed: EventStoreDBClient, reason: string): void {
    if (failed !== this.#client || this.#isClosed) return;
    this.trouble(`the connection to ${this.server} is made anew: ${reason}`);
    this.#client = fencedClient(this.#address, this.#credentials);
    const parting = part(failed).finally(() => {
      if (this.#parting === parting) this.#parting = undefined;
    });
    this.#parting = parting;
  }

  trouble(sentence: string): void {
    this.#onTrouble(sentence);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#parting;
    await part(this.#client);
  }
}

/** TLS names the host that it asks a certificate of, and an IP address is no such name: Node refuses to connect. */
function refuseAddressWithTls(connectionString: string): void {
  if (!hasTls(connectionString)) return;
  const address = hostsOf(connectionString)
    .split(",")
    .map((host) => host.replace(/:\d+$/u, ""))
    .find((host) => isIP(host.replace(/^\[|\]$/gu, "")) !== 0);
  if (address !== undefined)
    throw new Error(`with TLS the event store must be called by a host name, not by the address ${address}`);
}

async function part(client: EventStoreDBClient): Promise<void> {
  const waited = new AbortController();
  const parted = disposeOf(client).catch(() => {});
  await Promise.race([parted, pause(PARTING_MS, undefined, { signal: waited.signal }).catch(() => {})]);
  waited.abort();
}
