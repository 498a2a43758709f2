// Which client is behind a request: address and user agent get an id, under which an event of its own describes them once,
// sealed under a key of the credential. Events name the id alone, so that a request of a known client costs one look into a map.
import { createHmac, hkdfSync, randomUUID } from "node:crypto";
import { ClientSeen } from "../domain/record-events.ts";
import type { Clock } from "../eventlog/clock.ts";
import { Conflict, type EventLog } from "../eventlog/event-log.ts";
import { sealed } from "../eventlog/sealing.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import type { Credential } from "./credential.ts";

export interface ClientLimits {
  /** Clients of one credential that are told apart by address and user agent within an hour. */
  readonly exactAnHour: number;
  /** Further clients within the hour, told apart by address alone. */
  readonly addressesAnHour: number;
  /** Clients kept in memory, of all credentials. */
  readonly remembered: number;
}

const CLIENT_LIMITS: ClientLimits = { exactAnHour: 100, addressesAnHour: 100, remembered: 10_000 };

/** Names whoever is beyond both limits. No event describes it. */
export const MANY_CLIENTS = "many";
/** A longer user agent is cut, in UTF-16 units. */
const LONGEST_USER_AGENT = 256;
const HOUR_MS = 3_600_000;

export interface ClientsOptions {
  readonly log: Pick<EventLog, "append">;
  readonly vault: Pick<KeyVault, "named">;
  readonly namespace: string;
  readonly clock: Clock;
  readonly limits?: ClientLimits;
  /** Told why a client could not be described: its requests go on without naming it. */
  readonly onFailure?: (error: unknown) => void;
}

type Identified = string | Promise<string | undefined>;

interface Budget {
  readonly until: number;
  exact: number;
  addresses: number;
}

/** The name of the key that seals where a credential was used from. */
export const clientsOf = (credential: string): string => `clients/${credential}`;

export class Clients {
  readonly #options: ClientsOptions;
  readonly #limits: ClientLimits;
  /** Credential, address and, where it counts, user agent → id. */
  readonly #known = new Map<string, Identified>();
  readonly #budgets = new Map<string, Budget>();

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#limits = options.limits ?? CLIENT_LIMITS;
  }

  /** The id of a client: at once where it was seen before, else once it is described durably; undefined where that fails. */
  idOf(credential: Credential, address: string, userAgent: string): Identified {
    const agent = userAgent.length > LONGEST_USER_AGENT ? userAgent.slice(0, LONGEST_USER_AGENT) : userAgent;
    const name = `${credential.actor.credential}\0${address}\0${agent}`;
    return this.#known.get(name) ?? this.#identify(credential, address, agent, name);
  }

  /** Keeps nothing in memory of a credential's clients. */
  forget(credential: string): void {
    for (const name of this.#known.keys()) if (name.startsWith(`${credential}\0`)) this.#known.delete(name);
  }

  #identify(credential: Credential, address: string, agent: string, name: string): Identified {
    const budget = this.#budgetOf(credential.actor.credential);
    if (budget.exact < this.#limits.exactAnHour) {
      budget.exact += 1;
      return this.#describe(credential, address, agent, name);
    }
    const coarse = `${credential.actor.credential}\0${address}`;
    const known = this.#known.get(coarse);
    if (known !== undefined) return known;
    if (budget.addresses >= this.#limits.addressesAnHour) return MANY_CLIENTS;
    budget.addresses += 1;
    return this.#describe(credential, address, null, coarse);
  }

  #budgetOf(credential: string): Budget {
    const now = this.#options.clock() / 1_000;
    const budget = this.#budgets.get(credential);
    if (budget !== undefined && now < budget.until) return budget;
    const fresh = { until: now + HOUR_MS, exact: 0, addresses: 0 };
    this.#budgets.set(credential, fresh);
    return fresh;
  }

  #describe(credential: Credential, address: string, userAgent: string | null, name: string): Identified {
    const described = this.#write(credential, address, userAgent).then(
      (id) => {
        this.#known.set(name, id);
        return id;
      },
      (error: unknown) => {
        this.#known.delete(name);
        this.#options.onFailure?.(error);
        return undefined;
      },
    );
    this.#known.set(name, described);
    if (this.#known.size > this.#limits.remembered) this.#forgetOldest();
    return described;
  }

  /** A conflict means that another process described the client already: the stream's name follows from what the event holds. */
  async #write({ tenant, actor }: Credential, address: string, userAgent: string | null): Promise<string> {
    const { log, vault, namespace, clock } = this.#options;
    const key = await vault.named(tenant, clientsOf(actor.credential));
    const client = idUnder(key.secret, address, userAgent);
    const stream = formatStreamName(namespace, { category: "client", tenant, client });
    const commandId = randomUUID();
    const event = sealed(
      ClientSeen({ credential: actor.credential }, { address, userAgent }),
      { stream, revision: 0, at: clock(), name: 0 },
      { tenant, actor, requestId: commandId, commandId },
      key,
    );
    try {
      await log.append({ stream, expected: "none", events: [event] });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    return client;
  }

  #forgetOldest(): void {
    for (const name of this.#known.keys()) {
      this.#known.delete(name);
      return;
    }
  }
}

const NO_SALT = new Uint8Array(0);
const PURPOSE = "scim-ledger/client-id/v1";
/** 128 bits, 22 characters of base64url. */
const ID_BYTES = 16;

/** A keyed hash: the same for every process, and telling nothing without the credential's key. */
function idUnder(secret: Uint8Array, address: string, userAgent: string | null): string {
  const key = new Uint8Array(hkdfSync("sha256", secret, NO_SALT, PURPOSE, 32));
  const digest = createHmac("sha256", key)
    .update(JSON.stringify([address, userAgent]))
    .digest();
  return digest.subarray(0, ID_BYTES).toString("base64url");
}
