// The read side's port on MongoDB: every answer is of one instant, read from the primary, and bounded in time.
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import type { Population } from "../../scim/schema/evolution.ts";
import type { Query, QueryAnswer, ReadResource, ReadStore, Walk, WalkPage } from "../read-store.ts";
import { ClockReader } from "./clock-reader.ts";
import { ListReader } from "./list-reader.ts";
import { Reads, type ReadsParts } from "./reading.ts";
import { StateReader } from "./state-reader.ts";
import { WalkReader } from "./walk-reader.ts";

export interface MongoReadStoreOptions extends ReadsParts {
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl?: string;
  /** Milliseconds that a list may take; 400 `tooMany` after that. */
  readonly queryDeadline?: number;
}

const QUERY_DEADLINE = 5_000;

type Resources = Pick<
  ReadStore,
  | "position"
  | "positionAt"
  | "effectiveAt"
  | "get"
  | "query"
  | "walk"
  | "baseline"
  | "liveAmong"
  | "deadMembers"
  | "erasedUsers"
  | "population"
  | "tenants"
>;

export class MongoReadStore implements Resources {
  readonly #clock: ClockReader;
  readonly #state: StateReader;
  readonly #lists: ListReader;
  readonly #walks: WalkReader;

  constructor({ baseUrl = "", queryDeadline = QUERY_DEADLINE, ...parts }: MongoReadStoreOptions) {
    const reads = new Reads(parts);
    this.#clock = new ClockReader(reads);
    this.#state = new StateReader(reads);
    this.#lists = new ListReader({ reads, baseUrl, deadline: queryDeadline });
    this.#walks = new WalkReader({ reads, baseUrl, deadline: queryDeadline });
  }

  position(): Promise<Position> {
    return this.#clock.position();
  }

  positionAt(instant: number): Promise<Position> {
    return this.#clock.positionAt(instant);
  }

  effectiveAt(position: Position): Promise<number> {
    return this.#clock.effectiveAt(position);
  }

  get(tenant: string, type: string, id: string, asOf?: Position): Promise<ReadResource | undefined> {
    return this.#state.get(tenant, type, id, asOf === undefined ? undefined : ordinalOf(asOf));
  }

  query(query: Query): Promise<QueryAnswer> {
    return this.#lists.query(query);
  }

  walk(walk: Walk): Promise<WalkPage> {
    return this.#walks.walk(walk);
  }

  baseline(tenant: string, type: string, id: string): ReturnType<StateReader["baseline"]> {
    return this.#state.baseline(tenant, type, id);
  }

  liveAmong(tenant: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#state.liveAmong(tenant, ids);
  }

  deadMembers(): ReturnType<StateReader["deadMembers"]> {
    return this.#state.deadMembers();
  }

  erasedUsers(tenant: string, after: string | null, limit: number): ReturnType<StateReader["erasedUsers"]> {
    return this.#state.erasedUsers(tenant, after, limit);
  }

  population(tenant: string, type: string): Promise<Population> {
    return this.#state.population(tenant, type);
  }

  tenants(): Promise<readonly string[]> {
    return this.#state.tenants();
  }
}
