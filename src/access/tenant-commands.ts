// Commands on tenants, through the command loop; the directory knows of them before the caller is answered.
import { changesDefinitions, evolveDefinitions } from "../domain/definition-commands.ts";
import type { Fact } from "../domain/event.ts";
import type { TenantEvent } from "../domain/events.ts";
import { absentTenant, decide, evolve, type TenantCommand, type TenantState } from "../domain/tenant.ts";
import type { Aggregate } from "../eventlog/aggregate.ts";
import type { CommandLoop } from "../eventlog/command-loop.ts";
import type { Target } from "../eventlog/decision.ts";
import type { Position } from "../eventlog/event-log.ts";
import { factsOf } from "../eventlog/facts.ts";
import type { CommandContext } from "../eventlog/provisioning.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";
import { noDefinitions, typesOf } from "../scim/schema/definitions.ts";
import type { TypeSet } from "../scim/schema/type-set.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import type { TenantDirectory } from "./tenant-directory.ts";
import type { TenantCommands } from "./tenants.ts";

const tenantAggregate: Aggregate<TenantState, TenantEvent> = { initial: absentTenant, evolve };

export interface LoopTenantCommandsOptions {
  readonly loop: CommandLoop;
  readonly vault: KeyVault;
  readonly namespace: string;
  readonly directory: TenantDirectory;
}

export class LoopTenantCommands implements TenantCommands {
  readonly #options: LoopTenantCommandsOptions;

  constructor(options: LoopTenantCommandsOptions) {
    this.#options = options;
  }

  async execute(tenant: string, command: TenantCommand, context: CommandContext): Promise<void> {
    const { loop, vault } = this.#options;
    if (command.type === "CreateTenant") await vault.prepareTenant(tenant);
    const { position } = await loop.execute(this.#target(tenant), context, (state) => ({
      events: decide(command, state),
    }));
    if (position !== undefined) await this.refresh(tenant);
  }

  /** Folds what the directory has not seen of a tenant's stream. */
  async refresh(tenant: string): Promise<void> {
    const { loop, directory } = this.#options;
    const { stream } = this.#target(tenant);
    const recorded = await loop.log.read(stream, directory.tenant(tenant)?.revision ?? -1);
    for (const fact of await factsOf(recorded, loop.findKey)) directory.apply(tenant, fact as Fact<TenantEvent>);
  }

  /** The types that a tenant had at a position. */
  async typesAt(tenant: string, position: Position): Promise<TypeSet> {
    const { loop } = this.#options;
    let definitions = noDefinitions;
    const recorded = await loop.log.read(this.#target(tenant).stream, -1);
    const until = recorded.filter((event) => event.position <= position);
    for (const { event } of await factsOf(until, loop.findKey))
      if (changesDefinitions(event)) definitions = evolveDefinitions(definitions, event);
    return typesOf(definitions);
  }

  #target(tenant: string): Target<TenantState, TenantEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "tenant", tenant });
    return { aggregate: tenantAggregate, stream };
  }
}
