// Writes of groups (RFC 7644 §3.3, §3.5, §3.6). Members are ids; an answer with members is read from the store in pages.
import { randomUUIDv7 } from "node:crypto";
import type { GroupState } from "../../domain/group.ts";
import { idsIn } from "../../domain/membership.ts";
import type { CommandContext, Written } from "../../eventlog/provisioning.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Selection } from "../../scim/selection.ts";
import { etagOf } from "../etag.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { wantsMembers } from "./members.ts";
import type { Reading } from "./reading.ts";
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

/** A group's own attributes, and the ids of its members. */
function apart({ members, ...attributes }: JsonObject): { attributes: JsonObject; members: readonly string[] } {
  return { attributes, members: idsIn(members) };
}

export class GroupWriting {
  readonly #representation: Representation;
  readonly #reading: Reading;
  readonly #options: WritingOptions;

  constructor(representation: Representation, reading: Reading, options: WritingOptions) {
    this.#representation = representation;
    this.#reading = reading;
    this.#options = options;
  }

  routes(path: string): readonly Route[] {
    const writing = { scope: "scim:write", writes: "Group" } as const;
    return [
      { method: "PATCH", path: `${path}/:id`, ...writing, handle: (exchange) => this.#patch(exchange) },
      { method: "POST", path, ...writing, handle: (exchange) => this.#create(exchange) },
      { method: "PUT", path: `${path}/:id`, ...writing, handle: (exchange) => this.#replace(exchange) },
      { method: "DELETE", path: `${path}/:id`, ...writing, handle: (exchange) => this.#delete(exchange) },
    ];
  }

  async #create(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const selection = selectionOf(exchange, type);
    const { attributes, context } = await resourceFrom(exchange, type, "create", this.#options.bodies);
    const id = randomUUIDv7();
    const written = await this.#options.provisioning.group({ type: "CreateGroup", id, ...apart(attributes) }, context);
    await this.#answer(exchange, 201, id, written, context, selection);
  }

  async #replace(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const id = idOf(exchange, type);
    const selection = selectionOf(exchange, type);
    const { attributes, context } = await resourceFrom(exchange, type, "replace", this.#options.bodies);
    const command = { type: "ReplaceGroup", id, ...apart(attributes) } as const;
    const written = await this.#options.provisioning.group(command, context, preconditionOf(exchange));
    await this.#answer(exchange, 200, id, written, context, selection);
  }

  /** 204 as RFC 7644 §3.5.2 allows, unless parts were asked for: a member more or less must not cost the whole list. */
  async #patch(exchange: Exchange): Promise<void> {
    const { type } = this.#representation;
    const id = idOf(exchange, type);
    const selection = selectionOf(exchange, type);
    const { operations, context } = await patchFrom(exchange, this.#representation, this.#options);
    const command = { type: "PatchGroup", id, operations } as const;
    const written = await this.#options.provisioning.group(command, context, preconditionOf(exchange));
    if (selection.mode === "default") return exchange.answerEmpty(204, ["ETag", etagOf(written.state.version)]);
    await this.#answer(exchange, 200, id, written, context, selection);
  }

  async #delete(exchange: Exchange): Promise<void> {
    const id = idOf(exchange, this.#representation.type);
    await this.#options.provisioning.group({ type: "DeleteGroup", id }, exchange.context(), preconditionOf(exchange));
    exchange.answerEmpty(204);
  }

  async #answer(
    exchange: Exchange,
    status: number,
    id: string,
    written: Written<GroupState>,
    context: CommandContext,
    selection: Selection,
  ): Promise<void> {
    const group = await readableAfter(this.#representation, this.#options.readStore, context, id, written);
    const headers = headersOf(this.#representation, group);
    if (wantsMembers(selection))
      return this.#reading.answerGroup(exchange, status, group, selection, headers, written.position);
    exchange.answer(status, this.#representation.selected(group, selection), headers);
  }
}
