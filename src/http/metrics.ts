// Metrics in Prometheus' format. Requests are counted into plain arrays and only turned into text when asked for.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type MetricType, Registry } from "prom-client";
import type { Awaitable } from "../readstore/read-store.ts";
import type { RouteDescription } from "./route-description.ts";

/** Upper bounds, seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is counted of one route. */
class RouteCounts {
  readonly label: string;
  readonly statuses = new Map<number, number>();
  readonly buckets = new Float64Array(BOUNDS.length + 1);
  sum = 0;
  count = 0;

  constructor(label: string) {
    this.label = label;
  }

  add(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket += 1;
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.sum += seconds;
    this.count += 1;
  }
}

interface Sample {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly metricName: string;
}

/** The library's types have an enum where its code has words. */
const HISTOGRAM = "histogram" as unknown as MetricType;

/** A histogram whose samples are computed when they are asked for. */
class ComputedHistogram extends Histogram<string> {
  readonly #name: string;
  readonly #help: string;
  readonly #routes: ReadonlyMap<RouteDescription, RouteCounts>;

  constructor(name: string, help: string, registry: Registry, routes: ReadonlyMap<RouteDescription, RouteCounts>) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#routes = routes;
  }

  override async get(): ReturnType<Histogram<string>["get"]> {
    const values = [...this.#routes.values()].flatMap((counts) => this.#samplesOf(counts));
    return { name: this.#name, help: this.#help, type: HISTOGRAM, aggregator: "sum", collect: () => {}, values };
  }

  /** What the registry calls for the text form; not in the library's types. */
  getForPromString(): ReturnType<Histogram<string>["get"]> {
    return this.get();
  }

  #samplesOf({ label, buckets, sum, count }: RouteCounts): Sample[] {
    let below = 0;
    const samples = [...BOUNDS.map(String), "+Inf"].map((le, index) => {
      below += buckets[index] as number;
      return { labels: { route: label, le }, value: below, metricName: `${this.#name}_bucket` };
    });
    return [
      ...samples,
      { labels: { route: label }, value: sum, metricName: `${this.#name}_sum` },
      { labels: { route: label }, value: count, metricName: `${this.#name}_count` },
    ];
  }
}

export class Metrics {
  readonly registry = new Registry();
  /** Appends that were written and answered together. */
  readonly appendBatchSize: Histogram;
  /** Events between the log's head and the read models; give it a source with `lagFrom`. */
  readonly projectionLag: Gauge;
  readonly attemptsDropped: Counter;
  readonly #routes = new Map<RouteDescription, RouteCounts>();
  #lag: () => Awaitable<number> = () => 0;

  constructor() {
    const registers = [this.registry];
    const routes = this.#routes;
    new Counter({
      name: "scim_ledger_http_requests_total",
      help: "Requests answered, by route and status.",
      labelNames: ["route", "status"],
      registers,
      collect() {
        this.reset();
        for (const { label, statuses } of routes.values())
          for (const [status, count] of statuses) this.inc({ route: label, status }, count);
      },
    });
    new ComputedHistogram(
      "scim_ledger_http_request_seconds",
      "Time from a request's headers to the last byte of its answer.",
      this.registry,
      routes,
    );
    this.appendBatchSize = new Histogram({
      name: "scim_ledger_append_batch_size",
      help: "Appends that were written and answered together.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    });
    const lag = () => this.#lag();
    this.projectionLag = new Gauge({
      name: "scim_ledger_projection_lag_events",
      help: "Events of the log that the read models have not passed yet.",
      registers,
      async collect() {
        this.set(await lag());
      },
    });
    this.attemptsDropped = new Counter({
      name: "scim_ledger_attempts_dropped_total",
      help: "Rejected writes that the bounded queue could not take.",
      registers,
    });
  }

  /** Adds the process's own metrics: memory, CPU, garbage collection, event loop. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Where it comes from how many tenants' newest heads an anchor does not have. */
  unanchoredFrom(source: () => readonly { readonly anchor: string; readonly tenants: number }[]): void {
    new Gauge({
      name: "scim_ledger_unanchored_tenants",
      help: "Tenants of whose ledger an anchor does not have the newest signed head.",
      labelNames: ["anchor"],
      registers: [this.registry],
      collect() {
        for (const { anchor, tenants } of source()) this.set({ anchor }, tenants);
      },
    });
  }

  /** Where the projection lag comes from, in events. */
  lagFrom(source: () => Awaitable<number>): void {
    this.#lag = source;
  }

  /** Where it comes from for how many seconds something in the log has not been visible. */
  lagSecondsFrom(source: () => number): void {
    new Gauge({
      name: "scim_ledger_projection_lag_seconds",
      help: "For how long something in the log has not been visible, seconds.",
      registers: [this.registry],
      collect() {
        this.set(source());
      },
    });
  }

  /** Counts an answer. */
  answered(route: RouteDescription, status: number, seconds: number): void {
    let counts = this.#routes.get(route);
    if (counts === undefined) {
      counts = new RouteCounts(`${route.method} ${route.path}`);
      this.#routes.set(route, counts);
    }
    counts.add(status, seconds);
  }
}
