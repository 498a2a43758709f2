// Holds this node's clock against the log server's: an event of its own, in a stream that nobody reads,
// comes back with the server's time, which must lie between the moments of asking and of the answer.
import { setTimeout as sleep } from "node:timers/promises";
import { jsonEvent } from "@eventstore/db-client";
import { Unavailable } from "../event-log.ts";
import type { Connection } from "./connection.ts";
import { type ReadLimits, readThrough } from "./reading.ts";
import { answered } from "./registry.ts";

const PROBES = "scim-ledger-clock";
const EVERY_MS = 60_000;
const EVERY_MS_WHILE_STOPPED = 5_000;
const STRAYS_MS = 1_000;
const STOPS_MS = 5_000;
/** Others' probes that may have come after ours. */
const LAST_FEW = 16;
const KEPT = { maxCount: LAST_FEW };

export interface ClockState {
  /** How far this node's clock is ahead of the server's, as far as that is certain. */
  readonly milliseconds: number;
  readonly state: "fine" | "strays" | "stopped";
}

export interface ClockOptions {
  readonly now?: (() => number) | undefined;
  /** Told when the state changes. */
  readonly onClock?: ((state: ClockState) => void) | undefined;
}

export class ClockProbe {
  readonly #connection: Connection;
  readonly #limits: ReadLimits;
  readonly #options: ClockOptions;
  readonly #ended = new AbortController();
  #current: ClockState = { milliseconds: 0, state: "fine" };
  #running: Promise<void> | undefined;

  constructor(connection: Connection, limits: ReadLimits, options: ClockOptions) {
    this.#connection = connection;
    this.#limits = limits;
    this.#options = options;
  }

  get current(): ClockState {
    return this.#current;
  }

  /** Throws Unavailable while this node's clock is too far away to stamp events. */
  admit(): void {
    const { state, milliseconds } = this.#current;
    if (state !== "stopped") return;
    const seconds = Math.abs(milliseconds / 1_000).toFixed(1);
    const side = milliseconds > 0 ? "ahead of" : "behind";
    throw new Unavailable(
      `this node's clock is ${seconds} s ${side} the event store's: nothing is written until it is set`,
      "no",
    );
  }

  /** Probes once, which also warms the client up, and then now and then until the end. */
  async start(): Promise<void> {
    await this.#probe();
    this.#running = this.#goOn();
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const milliseconds = this.#current.state === "stopped" ? EVERY_MS_WHILE_STOPPED : EVERY_MS;
      await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.#probe();
    }
  }

  /** A probe that fails says nothing of the clock; that the server is away shows elsewhere. */
  async #probe(): Promise<void> {
    const now = this.#options.now ?? Date.now;
    try {
      const probe = jsonEvent({ type: "ClockProbed", data: {} });
      const client = await this.#connection.client();
      const asked = now();
      const { nextExpectedRevision } = await answered(client.appendToStream(PROBES, probe), this.#limits.idleMs);
      const told = now();
      if (nextExpectedRevision === 0n) await answered(client.setStreamMetadata(PROBES, KEPT), this.#limits.idleMs);
      const created = await this.#createdOf(probe.id);
      if (created !== undefined) this.#set(skewOf(created, asked, told));
    } catch {}
  }

  async #createdOf(id: string): Promise<number | undefined> {
    let created: number | undefined;
    await readThrough(this.#connection, this.#limits, (client) => ({
      reading: client.readStream(PROBES, { direction: "backwards", fromRevision: "end", maxCount: LAST_FEW }),
      take: ({ event }) => {
        if (event?.id === id) created = event.created.getTime();
        return created === undefined;
      },
    }));
    return created;
  }

  #set(milliseconds: number): void {
    const before = this.#current.state;
    const distance = Math.abs(milliseconds);
    const state = distance > STOPS_MS ? "stopped" : distance > STRAYS_MS ? "strays" : "fine";
    this.#current = { milliseconds, state };
    if (state !== before) this.#options.onClock?.(this.#current);
  }
}

/** How far the clock is certainly ahead, in ms; 0 where the server's time lies between asking and answer. */
const skewOf = (created: number, asked: number, told: number): number =>
  created < asked ? asked - created : created > told ? told - created : 0;
