// POST /Bulk (RFC 7644 §3.7): read, planned, carried out, answered.
import { randomUUIDv7 } from "node:crypto";
import type { Attempts } from "../../access/attempts.ts";
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import { type BulkPlan, type PlannedOperation, planBulk } from "../../scim/bulk/plan.ts";
import { parseBulkRequest } from "../../scim/bulk/request.ts";
import type { Touches } from "../../scim/bulk/touches.ts";
import type { JsonObject } from "../../scim/json.ts";
import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { type BodyLimits, ClientGone, readJson } from "../body.ts";
import { refusalOf } from "../error-table.ts";
import type { Exchange } from "../exchange.ts";
import { requireStillAdmitted } from "../gate.ts";
import type { Logger } from "../log.ts";
import { bulkTooLarge, retryLater } from "../refusal.ts";
import { keepAttempt, logFault } from "../refused.ts";
import type { Route } from "../route.ts";
import { type Answered, answerOf, bulkResponse } from "./bulk-answer.ts";
import { BulkRun, type Outcome } from "./bulk-run.ts";
import type { BulkType } from "./bulk-type.ts";
import { lastLeaf, leafHeader } from "./leaf-header.ts";

export interface BulkOffer {
  readonly maxOperations: number;
  /** Bytes. */
  readonly maxPayloadSize: number;
}

export interface BulkOptions {
  readonly bulk: BulkOffer;
  readonly bodies: BodyLimits;
  readonly directory: TenantDirectory;
  readonly attempts: Attempts;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Operations of one request that are under way at a time. */
const CONCURRENCY = 16;
/** Bulk requests of one tenant, and of all, that are carried out at a time. */
const MOST_OF_TENANT = 4;
const MOST_OF_ALL = 16;
/** How long one may take: less than a connection stays open without a byte. */
const LONGEST_MS = 60_000;
/** The data of an operation is nested so much deeper than the same resource in a request of its own. */
const NESTING = 3;

const tooManyAtOnce = () =>
  retryLater("Nothing was changed: too many Bulk requests are being carried out, of this tenant or of all.", 5);
const notBegun = () =>
  retryLater(`Nothing was changed: the operation was not begun within the ${LONGEST_MS / 1_000} s of the request.`, 1);

type BulkTypes = ReadonlyMap<ResourceType, BulkType>;

export class Bulk {
  /** By tenant, always the same for the same types. */
  readonly #typesOf: (tenant: string) => BulkTypes;
  readonly #prefix: string;
  readonly #base: string;
  readonly #options: BulkOptions;
  readonly #limits: BodyLimits;
  /** Tenant → Bulk requests that are being carried out. */
  readonly #underWay = new Map<string, number>();
  #all = 0;

  /** `prefix`: the path of the SCIM service, `/scim/v2`; `base`: its URI. */
  constructor(typesOf: (tenant: string) => readonly BulkType[], prefix: string, base: string, options: BulkOptions) {
    const byType = once((types: readonly BulkType[]): BulkTypes => new Map(types.map((one) => [one.type, one])));
    this.#typesOf = (tenant) => byType(typesOf(tenant));
    this.#prefix = prefix;
    this.#base = base;
    this.#options = options;
    const { bodies, bulk } = options;
    const jsonDepth = bodies.jsonDepth + NESTING;
    this.#limits = { bodyBytes: bulk.maxPayloadSize, jsonDepth, tooLarge: bulkTooLarge };
  }

  route(path: string): Route {
    const writing = { scope: "scim:write", writes: "Bulk" } as const;
    return { method: "POST", path, ...writing, handle: (exchange) => this.#handle(exchange) };
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { failOnErrors, operations } = parseBulkRequest(
      await readJson(exchange.request, this.#limits),
      this.#options.bulk,
    );
    const { tenant } = exchange.admitted;
    const types = this.#typesOf(tenant);
    const plan = planBulk(operations, {
      types: [...types.keys()],
      prefix: this.#prefix,
      newId: randomUUIDv7,
      touches: (operation) => touchesOf(types, operation),
    });
    this.#enter(tenant);
    try {
      await this.#run(exchange, types, plan, failOnErrors);
    } finally {
      this.#leave(tenant);
    }
  }

  #enter(tenant: string): void {
    const own = this.#underWay.get(tenant) ?? 0;
    if (own >= MOST_OF_TENANT || this.#all >= MOST_OF_ALL) throw tooManyAtOnce();
    this.#underWay.set(tenant, own + 1);
    this.#all += 1;
  }

  #leave(tenant: string): void {
    const own = this.#underWay.get(tenant) as number;
    if (own === 1) this.#underWay.delete(tenant);
    else this.#underWay.set(tenant, own - 1);
    this.#all -= 1;
  }

  async #run(exchange: Exchange, types: BulkTypes, plan: BulkPlan, failOnErrors: number | undefined): Promise<void> {
    const end = performance.now() + LONGEST_MS;
    const { response } = exchange;
    const { directory, clock = Date.now } = this.#options;
    const run = new BulkRun(plan, {
      context: exchange.context(),
      admit: () => requireStillAdmitted(directory, exchange.request, "scim:write", clock()),
      onRefused: (operation, error) => this.#keep(exchange, operation, error),
      typeOf: (type) => types.get(type) as BulkType,
      concurrency: CONCURRENCY,
      isStopped: () => response.destroyed || performance.now() > end,
      ...(failOnErrors === undefined ? {} : { failOnErrors }),
    });
    const outcomes = await run.run();
    const answers: JsonObject[] = [];
    for (const [index, operation] of plan.operations.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined && run.hasFailed) continue;
      const end = outcome === undefined ? { refusal: notBegun() } : answered(outcome);
      answers.push(answerOf(operation, this.#locationOf(operation, outcome), end));
    }
    if (response.destroyed) throw new ClientGone();
    const written = outcomes.flatMap((outcome) => (outcome === undefined || "error" in outcome ? [] : [outcome]));
    exchange.answer(200, JSON.stringify(bulkResponse(answers)), leafHeader(lastLeaf(written)));
  }

  #locationOf({ type, id }: PlannedOperation, outcome: Outcome | undefined): string | undefined {
    const own = outcome !== undefined && "id" in outcome ? outcome.id : id;
    if (type === undefined || own === undefined) return undefined;
    return `${this.#base}${type.endpoint}/${encodeURIComponent(own.toWellFormed())}`;
  }

  /** A refused operation is kept as the same request on its own would be. */
  #keep(exchange: Exchange, { method, type, id }: PlannedOperation, error: unknown): void {
    const { attempts, log } = this.#options;
    const { requestId, route, admitted: credential, client } = exchange;
    const refusal = refusalOf(error);
    logFault(log, error, refusal, requestId, route.path);
    const resource = method === "POST" ? undefined : id;
    keepAttempt(
      attempts,
      { credential, client, requestId, method, resourceType: type?.id ?? "Bulk", resource },
      refusal,
    );
  }
}

function touchesOf(types: BulkTypes, operation: PlannedOperation): Touches {
  const { type } = operation;
  return (type && types.get(type)?.touches?.(operation)) ?? { reads: [], writes: [] };
}

const answered = (outcome: Outcome): Answered => ("error" in outcome ? { refusal: refusalOf(outcome.error) } : outcome);
