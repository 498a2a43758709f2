// Small honest stand-ins for what lies behind the edge: the real deciders, kept in memory, without log and projector.
import { createHash } from "node:crypto";
import { Attempts } from "../../src/access/attempts.ts";
import type { Recorder, Recording } from "../../src/access/recorder.ts";
import { TenantDefinitions } from "../../src/access/tenant-definitions.ts";
import { TenantDirectory } from "../../src/access/tenant-directory.ts";
import { type TenantCommands, Tenants } from "../../src/access/tenants.ts";
import { Inspections } from "../../src/audit/answers/inspections.ts";
import type { DomainEvent } from "../../src/domain/event.ts";
import type { GroupEvent, TenantEvent, UserEvent } from "../../src/domain/events.ts";
import {
  absentGroup,
  decide as decideGroup,
  evolve as evolveGroup,
  type GroupCommand,
  type GroupState,
} from "../../src/domain/group.ts";
import { absentTenant, decide as decideTenant, evolve as evolveTenant } from "../../src/domain/tenant.ts";
import { absentUser, decide as decideUser, evolve as evolveUser, type UserState } from "../../src/domain/user.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "../../src/eventlog/provisioning.ts";
import { requireVersion } from "../../src/eventlog/required-version.ts";
import { SharedLock } from "../../src/eventlog/shared-lock.ts";
import { type AppDependencies, createApp } from "../../src/http/app.ts";
import { createLogger } from "../../src/http/log.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { type HttpServer, startServer } from "../../src/http/server.ts";
import type {
  MembershipAnswer,
  MembershipNow,
  MembershipPage,
  MembershipQuery,
  MembershipsAsked,
  MembershipWalk,
} from "../../src/readstore/memberships.ts";
import type {
  Listed,
  Member,
  Query,
  QueryAnswer,
  ReadResource,
  ReadStore,
  Walk,
  WalkPage,
  WalkPlace,
} from "../../src/readstore/read-store.ts";
import { notFound, uniqueness } from "../../src/scim/errors.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { bodyOf } from "../../src/scim/resource/body.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { Settings } from "../../src/settings/table.ts";

type Kept = { readonly tenant: string; readonly id: string } & (
  | { readonly type: "User"; readonly state: UserState }
  | { readonly type: "Group"; readonly state: GroupState }
);

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Users and groups in memory: both ports on one map. Of the read side no more than the edge asks. */
export class FakeWorld implements Provisioning {
  readonly resources = new Map<string, Kept>();
  readonly contexts: CommandContext[] = [];
  readonly asked: string[] = [];
  position = 0;
  now = 1_700_000_000_000_000;
  /** Answers in place of a group's real members. */
  membersOf: ((after: string | null, limit: number) => readonly Member[]) | undefined;
  /** Erased resources that filters cannot test. */
  untested = 0;
  /** Thrown by the next command. */
  failure: Error | undefined;
  /** Group and member → the group as it was when the membership began. */
  readonly #began = new Map<string, GroupState>();

  async user(
    command: Parameters<Provisioning["user"]>[0],
    context: CommandContext,
    options?: CommandOptions,
  ): Promise<Written<UserState>> {
    this.#begin(context);
    const kept = this.#kept(context.tenant, "User", command.id);
    const before = kept?.type === "User" ? kept.state : absentUser;
    if (before.status === "live") requireVersion(before.version, options ?? {});
    if (command.type === "CreateUser") this.#refuseTwin(context.tenant, command.attributes["userName"]);
    const events = decideUser(command, before, (path) => `claim-${path}`);
    const state = this.#fold<UserState, UserEvent>(before, events, evolveUser);
    this.resources.set(command.id, { tenant: context.tenant, type: "User", id: command.id, state });
    return events.length === 0 ? { state } : { state, position: positionOf(this.position) };
  }

  async group(command: GroupCommand, context: CommandContext, options?: CommandOptions): Promise<Written<GroupState>> {
    this.#begin(context);
    const kept = this.#kept(context.tenant, "Group", command.id);
    const before = kept?.type === "Group" ? kept.state : absentGroup;
    if (before.status === "live") requireVersion(before.version, options ?? {});
    const isLive = (id: string) => this.#live(context.tenant, id) !== undefined;
    const events = decideGroup(command, before, { changeId: "change", isLive, describe: (id) => ({ value: id }) });
    const state = this.#fold<GroupState, GroupEvent>(before, events, evolveGroup);
    this.resources.set(command.id, { tenant: context.tenant, type: "Group", id: command.id, state });
    for (const member of state.members.ids())
      if (!before.members.has(member)) this.#began.set(`${command.id} ${member}`, state);
    return events.length === 0 ? { state } : { state, position: positionOf(this.position) };
  }

  /** There are no types but the built-in ones. */
  async resource(typeName: string): Promise<never> {
    throw notFound(`There is no resource type “${typeName}”.`);
  }

  #begin(context: CommandContext): void {
    this.contexts.push(context);
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #fold<State extends { revision: number }, Event extends DomainEvent>(
    before: State,
    events: readonly Event[],
    evolve: (state: State, fact: { event: Event; revision: number; at: number }) => State,
  ): State {
    this.position += events.length;
    this.now += 1_000_001;
    return events.reduce(
      (state, event) => evolve(state, { event, revision: state.revision + 1, at: this.now }),
      before,
    );
  }

  #kept(tenant: string, type: string, id: string): Kept | undefined {
    const kept = this.resources.get(id);
    return kept?.tenant === tenant && kept.type === type ? kept : undefined;
  }

  #live(tenant: string, id: string): Kept | undefined {
    const kept = this.resources.get(id);
    return kept?.tenant === tenant && kept.state.status === "live" ? kept : undefined;
  }

  #refuseTwin(tenant: string, userName: unknown): void {
    for (const kept of this.resources.values()) {
      const same = String(kept.state.attributes["userName"]).toLowerCase() === String(userName).toLowerCase();
      if (kept.tenant === tenant && kept.type === "User" && kept.state.status === "live" && same)
        throw uniqueness(`userName “${userName}” is taken`);
    }
  }

  get readStore(): ReadStore {
    const asked: Pick<
      ReadStore,
      | "position"
      | "positionAt"
      | "get"
      | "query"
      | "walk"
      | "members"
      | "membership"
      | "memberships"
      | "walkMemberships"
    > = {
      position: () => positionOf(this.position),
      positionAt: () => positionOf(this.position),
      get: (tenant, type, id) => {
        this.asked.push("get");
        const kept = this.#live(tenant, id);
        return kept?.type === type ? this.#read(kept) : undefined;
      },
      query: (query) => this.#query(query),
      walk: (walk) => this.#walk(walk),
      members: (tenant, group, after, limit) => {
        this.asked.push("members");
        return this.membersOf?.(after, limit) ?? this.#members(tenant, group, after, limit);
      },
      membership: (tenant, group, member) => {
        this.asked.push("membership");
        return this.#memberships(tenant).find((one) => one.group.value === group && one.member.value === member);
      },
      memberships: (query) => this.#membershipWindow(query),
      walkMemberships: (walk) => this.#membershipWalk(walk),
    };
    // The edge has no business with the rest of the port: calling it fails.
    return asked as ReadStore;
  }

  #read({ tenant, type, id, state }: Kept): ReadResource {
    const { revision, version, createdAt, modifiedAt, attributes } = state;
    const body = bodyOf(type === "User" ? userType : groupType, id, attributes);
    const extension = attributes[userType.extensions[0]!.schema.id] as JsonObject | undefined;
    const manager = (extension?.["manager"] as JsonObject | undefined)?.["value"];
    const managed = typeof manager === "string" ? this.#live(tenant, manager) : undefined;
    const groups = [...this.resources.values()]
      .filter((one) => one.type === "Group" && one.state.status === "live" && one.state.members.has(id))
      .map((one) => ({ value: one.id, display: textOf(one.state.attributes["displayName"]) }));
    const managerDisplayName = textOf(managed?.state.attributes["displayName"]);
    return { tenant, type, id, revision, version, createdAt, modifiedAt, body, side: "", groups, managerDisplayName };
  }

  #listed({ tenant, of }: Listed): Kept[] {
    return [...this.resources.values()].filter(
      (one) =>
        one.tenant === tenant &&
        one.state.status === "live" &&
        of.some(
          ({ type, filter }) =>
            one.type === type.name &&
            (filter === undefined || matches(filter, { id: one.id, ...one.state.attributes })),
        ),
    );
  }

  #query({ startIndex, count, ...listed }: Query): QueryAnswer {
    const all = this.#listed(listed);
    const page = all.slice(startIndex - 1, startIndex - 1 + count);
    const untested = this.untested > 0 ? { untested: this.untested } : {};
    return { total: all.length, resources: page.map((one) => this.#read(one)), ...untested };
  }

  #memberships(tenant: string): MembershipNow[] {
    return [...this.resources.values()].flatMap((kept) => {
      if (kept.type !== "Group" || this.#live(tenant, kept.id) === undefined) return [];
      const group = { value: kept.id, display: textOf(kept.state.attributes["displayName"]) };
      return this.#members(tenant, kept.id, null, Number.POSITIVE_INFINITY).map((member) => {
        const { modifiedAt: since, revision } = this.#began.get(`${kept.id} ${member.value}`) ?? absentGroup;
        return { group, member, since, revision, groupVersion: kept.state.version };
      });
    });
  }

  #membershipsOf({ tenant, group, member }: Omit<MembershipsAsked, "count">): MembershipNow[] {
    return this.#memberships(tenant).filter(
      (one) =>
        (group === undefined || one.group.value === group) && (member === undefined || one.member.value === member),
    );
  }

  #membershipWindow({ startIndex, count, ...asked }: MembershipQuery): MembershipAnswer {
    const all = this.#membershipsOf(asked);
    return { total: all.length, memberships: all.slice(startIndex - 1, startIndex - 1 + count) };
  }

  #membershipWalk({ after, ...asked }: MembershipWalk): MembershipPage {
    const { items: memberships, ...page } = this.#walked(this.#membershipsOf(asked), asked.count, after);
    return { ...page, memberships };
  }

  /** A place is how many there were before it: nothing is pinned here. */
  #walk({ after, count, ...listed }: Walk): WalkPage {
    const { items, ...page } = this.#walked(this.#listed(listed), count, after);
    return { ...page, resources: items.map((one) => this.#read(one)) };
  }

  #walked<Item>(all: readonly Item[], count: number, after: WalkPlace | undefined) {
    const from = Number(after?.passed.at(-1) ?? 0);
    const items = all.slice(from, from + count);
    const position = positionOf(this.position);
    const next = { next: { began: position, passed: [positionOf(from + items.length)] } };
    return {
      position,
      items,
      ...(count > 0 && from + count < all.length ? next : {}),
      ...(after === undefined ? { total: all.length } : {}),
    };
  }

  #members(tenant: string, group: string, after: string | null, limit: number): Member[] {
    const kept = this.#kept(tenant, "Group", group);
    const ids = kept?.type === "Group" ? [...kept.state.members.ids()].sort() : [];
    return ids
      .filter((id) => after === null || id > after)
      .slice(0, limit)
      .flatMap((id) => {
        const member = this.#live(tenant, id);
        const display = textOf(member?.state.attributes["displayName"]);
        return member === undefined ? [] : [{ value: id, type: member.type, display }];
      });
  }
}

/** Decides tenant commands and hands their events to the directory, as the command loop does. */
export class FakeTenantCommands implements TenantCommands {
  readonly #directory: TenantDirectory;
  readonly #clock: () => number;
  readonly events: TenantEvent[] = [];

  constructor(directory: TenantDirectory, clock: () => number = Date.now) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async execute(tenant: string, command: Parameters<TenantCommands["execute"]>[1]): Promise<void> {
    let state = this.#directory.tenant(tenant) ?? absentTenant;
    for (const event of decideTenant(command, state)) {
      const fact = { event, revision: state.revision + 1, at: this.#clock() * 1_000 };
      state = evolveTenant(state, fact);
      this.events.push(event);
      this.#directory.apply(tenant, fact);
    }
  }
}

export class FakeRecorder implements Recorder {
  readonly recorded: (Recording & { readonly tenant: string; readonly kind: string })[] = [];
  failure: Error | undefined;

  async record(tenant: string, kind: "attempt" | "inspection", recordings: readonly Recording[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.recorded.push(...recordings.map((one) => ({ ...one, tenant, kind })));
  }
}

export const defaultSettings = (environment: Record<string, string> = {}): Settings => {
  const read = readSettings({ PORT: "0", SCIM_LEDGER_LOG_LEVEL: "silent", ...environment });
  if ("problems" in read) throw new Error(read.problems.join(" "));
  return read.settings;
};

export interface TestService {
  readonly url: string;
  readonly world: FakeWorld;
  readonly recorder: FakeRecorder;
  readonly directory: TenantDirectory;
  readonly tenants: Tenants;
  readonly definitions: TenantDefinitions;
  readonly attempts: Attempts;
  readonly server: HttpServer;
  /** Every scope, on the tenant `default`. */
  readonly admin: string;
  /** scim:read and scim:write. */
  readonly token: string;
  /** scim:read and audit:read. */
  readonly auditor: string;
  close(): Promise<void>;
}

export const systemContext = {
  actor: { credential: "test", name: "test", kind: "service" },
  requestId: "test",
  commandId: "test",
};

/** The edge on a free port, with the tenant `default` and its credentials. */
export async function startService(
  environment: Record<string, string> = {},
  overrides: Partial<AppDependencies> = {},
): Promise<TestService> {
  const admin = "an-administrator-token-of-thirty-two-characters";
  const settings = defaultSettings({ SCIM_LEDGER_ADMIN_TOKEN: admin, ...environment });
  const directory = new TenantDirectory(admin);
  const commands = new FakeTenantCommands(directory);
  const tenants = new Tenants(commands);
  const lock = new SharedLock();
  const definitions = new TenantDefinitions({ commands, directory, lock, population: () => "none" });
  await tenants.create("default", "Default", systemContext);
  const { token } = await tenants.issue("default", { name: "Entra", kind: "provisioning" }, systemContext);
  const { token: auditor } = await tenants.issue("default", { name: "Audit", kind: "auditor" }, systemContext);
  const [world, recorder] = [new FakeWorld(), new FakeRecorder()];
  const attempts = new Attempts(recorder);
  const log = createLogger(settings.logLevel);
  const server = await startServer(settings, (baseUrl) =>
    createApp({
      settings,
      baseUrl,
      provisioning: world,
      readStore: world.readStore,
      moments: {
        store: world.readStore,
        log: { head: async () => positionOf(world.position) },
        clock: () => Date.now() * 1_000,
      },
      directory,
      tenants,
      erasing: { erase: () => Promise.reject(new Error("nobody is erased here")) },
      definitions,
      typesAt: async (tenant) => directory.typesOf(tenant),
      attempts,
      clients: { idOf: () => "client", forget: () => {} },
      keyRetention: { destroyNamed: async () => {} },
      inspections: new Inspections(recorder),
      cursorKey: async (tenant) => createHash("sha256").update(tenant).digest(),
      metrics: new Metrics(),
      log,
      readiness: [],
      ...overrides,
    }),
  );
  const close = async () => {
    await server.close();
    await attempts.close();
  };
  return {
    url: server.url,
    world,
    recorder,
    directory,
    tenants,
    definitions,
    attempts,
    server,
    admin,
    token,
    auditor,
    close,
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonObject;
}

export interface RequestParts {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** One request; `body` is sent as SCIM JSON unless it is a string or bytes. */
export async function ask(service: TestService, line: string, parts: RequestParts = {}): Promise<Reply> {
  const blank = line.indexOf(" ");
  const [method, path] = [line.slice(0, blank), line.slice(blank + 1)];
  const { token = service.token, body, headers = {} } = parts;
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(service.url + path, {
    method,
    headers: {
      ...authorization,
      ...(body === undefined ? {} : { "Content-Type": "application/scim+json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
}
