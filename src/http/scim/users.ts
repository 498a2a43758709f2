// Writes of users (RFC 7644 §3.3, §3.5, §3.6).
import { randomUUIDv7 } from "node:crypto";
import type { UserState } from "../../domain/user.ts";
import type { Written } from "../../eventlog/provisioning.ts";
import { isWriteOnly } from "../../scim/patch/operation.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import type { Representation } from "./representation.ts";
import { selectionOf } from "./selection-parameters.ts";
import {
  headersOf,
  idOf,
  patchFrom,
  preconditionOf,
  readableAfter,
  resourceFrom,
  type WritingOptions,
} from "./writing.ts";

export class UserWriting {
  readonly #representation: Representation;
  readonly #options: WritingOptions;

  constructor(representation: Representation, options: WritingOptions) {
    this.#representation = representation;
    this.#options = options;
  }

  routes(path: string): readonly Route[] {
    const writing = { scope: "scim:write", writes: "User" } as const;
    return [
      { method: "POST", path, ...writing, handle: (exchange) => this.#create(exchange) },
      { method: "PATCH", path: `${path}/:id`, ...writing, handle: (exchange) => this.#patch(exchange) },
      { method: "PUT", path: `${path}/:id`, ...writing, handle: (exchange) => this.#replace(exchange) },
      { method: "DELETE", path: `${path}/:id`, ...writing, handle: (exchange) => this.#delete(exchange) },
    ];
  }

  async #create(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const selection = selectionOf(exchange, type);
    const { attributes, writeOnly, context } = await resourceFrom(exchange, type, "create", this.#options.bodies);
    const id = randomUUIDv7();
    const password = writeOnly.includes("password");
    const written = await this.#options.provisioning.user({ type: "CreateUser", id, attributes, password }, context);
    await this.#answer(exchange, 201, id, written, context, selection);
  }

  async #replace(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const id = idOf(exchange, type);
    const selection = selectionOf(exchange, type);
    const { attributes, context } = await resourceFrom(exchange, type, "replace", this.#options.bodies);
    const command = { type: "ReplaceUser", id, attributes } as const;
    const written = await this.#options.provisioning.user(command, context, preconditionOf(exchange));
    await this.#answer(exchange, 200, id, written, context, selection);
  }

  async #patch(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const id = idOf(exchange, type);
    const selection = selectionOf(exchange, type);
    const { operations, context } = await patchFrom(exchange, this.#representation, this.#options);
    const command = { type: "PatchUser", id, operations, password: operations.some(isWriteOnly) } as const;
    const written = await this.#options.provisioning.user(command, context, preconditionOf(exchange));
    await this.#answer(exchange, 200, id, written, context, selection);
  }

  async #delete(exchange: Exchange): Promise<void> {
    const id = idOf(exchange, this.#representation.type);
    await this.#options.provisioning.user({ type: "DeleteUser", id }, exchange.context(), preconditionOf(exchange));
    exchange.answerEmpty(204);
  }

  async #answer(
    exchange: Exchange,
    status: number,
    id: string,
    written: Written<UserState>,
    context: ReturnType<Exchange["context"]>,
    selection: ReturnType<typeof selectionOf>,
  ): Promise<void> {
    const user = await readableAfter(this.#representation, this.#options.readStore, context, id, written);
    exchange.answer(status, this.#representation.selected(user, selection), headersOf(this.#representation, user));
  }
}
