// POST, PUT, PATCH and DELETE of one resource type: a request becomes one of its operations, and what was written its answer.
import { randomUUIDv7 } from "node:crypto";
import { heldOr } from "../../readstore/not-held.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Selection } from "../../scim/selection.ts";
import { type BodyLimits, readJson } from "../body.ts";
import { etagOf } from "../etag.ts";
import type { Exchange } from "../exchange.ts";
import { writeConditions } from "../preconditions.ts";
import { isResourceId } from "../resource-id.ts";
import type { Route } from "../route.ts";
import { leafHeader } from "./leaf-header.ts";
import { readableAfter } from "./readable-after.ts";
import type { Reading } from "./reading.ts";
import type { Readable, Representation } from "./representation.ts";
import type { Operated, ResourceOperations } from "./resource-operations.ts";
import { absent } from "./search-path.ts";
import { selectionOf } from "./selection-parameters.ts";

export interface WritingOptions {
  readonly readStore: ReadStore;
  readonly bodies: BodyLimits;
}

/** What a PATCH is answered with where the client asked for nothing in particular. */
export type PatchAnswer = "resource" | "tag";

export interface WritableType {
  readonly representation: Representation;
  readonly reading: Reading;
  readonly operations: ResourceOperations;
  /** "tag": 204 as RFC 7644 §3.5.2 allows. A member more or less must not cost the whole list. */
  readonly patchAnswer: PatchAnswer;
}

/** The id in the path. What cannot be an id is not found, like any other id that is nobody's. */
function idOf(exchange: Exchange, type: ResourceType): string {
  const id = exchange.param("id");
  if (!isResourceId(id)) throw absent(exchange, type, id);
  return id;
}

/** ETag, and Location for what is answered with a body. */
const headersOf = (representation: Representation, { id, version }: Readable): readonly string[] => [
  "ETag",
  etagOf(version),
  "Location",
  representation.locationOf(id),
];

/** The writes of one resource type. */
export class Writing {
  readonly #type: ResourceType;
  readonly #representation: Representation;
  readonly #reading: Reading;
  readonly #operations: ResourceOperations;
  readonly #patchAnswer: PatchAnswer;
  readonly #options: WritingOptions;

  constructor({ representation, reading, operations, patchAnswer }: WritableType, options: WritingOptions) {
    this.#type = representation.type;
    this.#representation = representation;
    this.#reading = reading;
    this.#operations = operations;
    this.#patchAnswer = patchAnswer;
    this.#options = options;
  }

  /** `path`: where the resource type is, `/scim/v2/Users`. */
  routes(path: string): readonly Route[] {
    const writing = { scope: "scim:write", writes: this.#type.id } as const;
    return [
      { method: "POST", path, ...writing, handle: (exchange) => this.#create(exchange) },
      { method: "PATCH", path: `${path}/:id`, ...writing, handle: (exchange) => this.#patch(exchange) },
      { method: "PUT", path: `${path}/:id`, ...writing, handle: (exchange) => this.#replace(exchange) },
      { method: "DELETE", path: `${path}/:id`, ...writing, handle: (exchange) => this.#delete(exchange) },
    ];
  }

  async #create(exchange: Exchange): Promise<void> {
    const selection = selectionOf(exchange, this.#type);
    const body = await readJson(exchange.request, this.#options.bodies);
    const id = randomUUIDv7();
    const written = await this.#operations.create(id, body, exchange.context());
    await this.#answer(exchange, 201, id, written, selection);
  }

  async #replace(exchange: Exchange): Promise<void> {
    const id = idOf(exchange, this.#type);
    const selection = selectionOf(exchange, this.#type);
    const body = await readJson(exchange.request, this.#options.bodies);
    const written = await this.#operations.replace(id, body, exchange.context(), writeConditions(exchange));
    await this.#answer(exchange, 200, id, written, selection);
  }

  async #patch(exchange: Exchange): Promise<void> {
    const id = idOf(exchange, this.#type);
    const selection = selectionOf(exchange, this.#type);
    const body = await readJson(exchange.request, this.#options.bodies);
    const written = await this.#operations.patch(id, body, exchange.context(), writeConditions(exchange));
    if (this.#patchAnswer === "tag" && selection.mode === "default") return this.#answerTag(exchange, written);
    await this.#answer(exchange, 200, id, written, selection);
  }

  async #delete(exchange: Exchange): Promise<void> {
    const id = idOf(exchange, this.#type);
    const written = await this.#operations.remove(id, exchange.context(), writeConditions(exchange));
    exchange.answerEmpty(204, leafHeader(written));
  }

  #answerTag(exchange: Exchange, written: Operated): void {
    exchange.answerEmpty(204, ["ETag", etagOf(written.state.version), ...leafHeader(written)]);
  }

  async #answer(
    exchange: Exchange,
    status: number,
    id: string,
    written: Operated,
    selection: Selection,
  ): Promise<void> {
    const { state, position, sent } = written;
    const { tenant } = exchange.admitted;
    const reading = readableAfter(this.#representation, this.#options.readStore, tenant, id, state);
    const resource = await heldOr(reading, undefined);
    // Made smaller, and still too large to be read: the change was made.
    if (resource === undefined) return this.#answerTag(exchange, written);
    const headers = [...headersOf(this.#representation, resource), ...leafHeader(written)];
    await this.#reading.answerWhole(exchange, status, resource, selection, headers, position, sent);
  }
}
