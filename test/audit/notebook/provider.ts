// Identity providers that do whatever a list of random steps tells them, one after the other, and keep the notebook.
import { expect } from "@jest/globals";
import type { JsonObject } from "../../../src/scim/json.ts";
import { eventually } from "../../support/requests.ts";
import type { Client, Reply } from "./client.ts";
import type { Page, State } from "./notebook.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ROLES = ["admin", "auditor", "owner"];
const TEXTS = ["Ada", 'Grace "Amazing"', "Ötzi", "", "constructor"];

const weights = {
  createUser: 6,
  patchUser: 8,
  putUser: 2,
  toggle: 4,
  deleteUser: 2,
  createGroup: 4,
  addMembers: 9,
  removeMembers: 5,
  replaceMembers: 2,
  putGroup: 2,
  renameGroup: 2,
  deleteGroup: 2,
  refused: 2,
} as const;
type Doing = keyof typeof weights;

export interface Step {
  readonly does: Doing;
  readonly dice: readonly number[];
}

/** Evenly spread numbers below 1: unlike those of fast-check, no more often small or alike than others. */
function* spread(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

const BEGINNING: readonly Doing[] = [
  "createUser",
  "createUser",
  "createUser",
  "createGroup",
  "createGroup",
  "createGroup",
];

/** The same steps for the same seed: somebody to begin with, then anything. */
export function stepsOf(seed: number, count: number): readonly Step[] {
  const random = spread(seed);
  const next = (below: number) => Math.floor(random.next().value * below);
  const doings = Object.entries(weights).flatMap(([does, weight]) => Array<Doing>(weight).fill(does as Doing));
  return Array.from({ length: count }, (_, index) => ({
    does: BEGINNING[index] ?? doings[next(doings.length)]!,
    dice: Array.from({ length: 12 }, () => next(1_000)),
  }));
}

type Known = { enabled: boolean; roles: Set<string> };

export class Provider {
  readonly pages: Page[] = [];
  /** Request ids of refused writes. */
  readonly refused: string[] = [];
  /** Everybody who ever was, with the request that created them. */
  readonly everybody = { users: new Map<string, string>(), groups: new Map<string, string>() };
  readonly #clients: readonly Client[];
  readonly #auditor: Client;
  readonly #asks: () => readonly string[];
  #users = new Map<string, Known>();
  #groups = new Map<string, Set<string>>();
  #dice: readonly number[] = [];
  #thrown = 0;
  #client: Client;

  /** `asks`: the GETs whose answers go into the notebook. */
  constructor(clients: readonly Client[], auditor: Client, asks: (provider: Provider) => readonly string[]) {
    this.#clients = clients;
    this.#auditor = auditor;
    this.#client = clients[0]!;
    this.#asks = () => asks(this);
  }

  get state(): State {
    return { users: this.#users, groups: this.#groups };
  }

  async take({ does, dice }: Step): Promise<void> {
    this.#dice = dice;
    this.#thrown = 0;
    this.#client = this.#one(this.#clients)!;
    await this.#doings[does]();
  }

  #die(): number {
    return this.#dice[this.#thrown++ % this.#dice.length]!;
  }

  #one<T>(from: Iterable<T>): T | undefined {
    const all = [...from];
    return all[this.#die() % Math.max(1, all.length)];
  }

  #some<T>(from: Iterable<T>, most: number): T[] {
    const all = [...from];
    return [...new Set(Array.from({ length: this.#die() % (most + 1) }, () => this.#one(all)))].filter(
      (one) => one !== undefined,
    ) as T[];
  }

  #attributes(): { body: JsonObject; known: Known } {
    const roles = this.#some(ROLES, 2);
    const manager = this.#one(this.#users.keys());
    const isEnabled = this.#die() % 4 > 0;
    const body: JsonObject = {
      schemas: [USER, ENTERPRISE],
      userName: this.#userName(),
      displayName: this.#one(TEXTS)!,
      emails: ["work", "home"]
        .slice(this.#die() % 3)
        .map((type) => ({ type, value: `${this.#userName()}@example.com`, primary: type === "work" })),
      ...(this.#die() % 3 === 0 ? {} : { active: isEnabled }),
      roles: roles.map((value) => ({ value, display: `The ${value}` })),
      [ENTERPRISE]: {
        department: `Department ${this.#die() % 3}`,
        ...(manager === undefined ? {} : { manager: { value: manager } }),
      },
    };
    return { body, known: { enabled: body["active"] !== false, roles: new Set(roles) } };
  }

  #userName = () => `user-${this.#die() % 15}`;

  readonly #doings: Readonly<Record<Doing, () => Promise<void>>> = {
    createUser: async () => {
      const { body, known } = this.#attributes();
      const reply = await this.#write("POST", "/scim/v2/Users", body);
      if (reply.status === 409) return;
      const { id, meta } = JSON.parse(reply.text);
      this.everybody.users.set(id, reply.requestId);
      this.#users = new Map(this.#users).set(id, known);
      await this.#turn(reply, meta.lastModified);
    },
    patchUser: async () => {
      const id = this.#one(this.#users.keys());
      if (id === undefined) return;
      const known = this.#users.get(id)!;
      const role = this.#one(ROLES)!;
      const has = known.roles.has(role);
      const [operation, next] = this.#one<readonly [JsonObject, Known?]>([
        [{ op: "replace", path: "displayName", value: this.#one(TEXTS)! }],
        [{ op: "remove", path: "displayName" }],
        [{ op: "replace", path: "userName", value: this.#userName() }],
        [{ op: "replace", path: 'emails[type eq "work"].value', value: `${this.#userName()}@example.org` }],
        [{ op: "remove", path: 'emails[type eq "home"]' }],
        [{ op: "Replace", value: { [`${ENTERPRISE}:department`]: `Department ${this.#die() % 3}` } }],
        [{ op: "add", path: `${ENTERPRISE}:manager`, value: { value: this.#one(this.#users.keys())! } }],
        [{ op: "remove", path: `${ENTERPRISE}:manager` }],
        [
          { op: "replace", path: "active", value: null },
          { ...known, enabled: true },
        ],
        has
          ? [
              { op: "remove", path: `roles[value eq "${role}"]` },
              { ...known, roles: new Set([...known.roles].filter((one) => one !== role)) },
            ]
          : [
              { op: "add", path: "roles", value: [{ value: role }] },
              { ...known, roles: new Set([...known.roles, role]) },
            ],
        [
          { op: "replace", path: "roles", value: [{ value: role, display: "Alone" }] },
          { ...known, roles: new Set([role]) },
        ],
        // What Entra ID sends to make an element that is not there yet.
        [
          { op: "replace", path: `roles[value eq "${role}"].display`, value: "Renamed" },
          { ...known, roles: new Set([...known.roles, role]) },
        ],
      ])!;
      await this.#change(id, await this.#patch(`/scim/v2/Users/${id}`, operation), next ?? known);
    },
    putUser: async () => {
      const id = this.#one(this.#users.keys());
      if (id === undefined) return;
      const { body, known } = this.#attributes();
      await this.#change(id, await this.#write("PUT", `/scim/v2/Users/${id}`, body), known);
    },
    toggle: async () => {
      const id = this.#one(this.#users.keys());
      if (id === undefined) return;
      const known = this.#users.get(id)!;
      const value = known.enabled ? "False" : "True";
      const reply = await this.#patch(`/scim/v2/Users/${id}`, { op: "Replace", path: "active", value });
      await this.#change(id, reply, { ...known, enabled: !known.enabled });
    },
    deleteUser: async () => {
      const id = this.#one(this.#users.keys());
      if (id === undefined) return;
      this.#users = without(this.#users, id);
      await this.#delete("Users", id);
    },
    createGroup: async () => {
      const members = this.#some(this.#anybody(), 3);
      const body = {
        schemas: [GROUP],
        displayName: this.#one(TEXTS)! || "Group",
        members: members.map((value) => ({ value })),
      };
      const reply = await this.#write("POST", "/scim/v2/Groups", body);
      expect(reply.status).toBe(201);
      const { id, meta } = JSON.parse(reply.text);
      this.everybody.groups.set(id, reply.requestId);
      this.#groups = new Map(this.#groups).set(id, new Set(members));
      await this.#turn(reply, meta.lastModified);
    },
    addMembers: () =>
      this.#regroup((group, members, others) => {
        const more = this.#some(others, 3);
        const operation = { op: "Add", path: "members", value: more.map((value) => ({ value })) };
        return [this.#patch(`/scim/v2/Groups/${group}`, operation), new Set([...members, ...more])];
      }),
    removeMembers: () =>
      this.#regroup((group, members) => {
        const less = this.#one(members);
        const operation =
          less === undefined
            ? { op: "remove", path: "members" }
            : { op: "remove", path: `members[value eq "${less}"]` };
        return [
          this.#patch(`/scim/v2/Groups/${group}`, operation),
          new Set([...members].filter((id) => less !== undefined && id !== less)),
        ];
      }),
    replaceMembers: () =>
      this.#regroup((group, _, others) => {
        const members = this.#some(others, 4);
        const operation = { op: "replace", path: "members", value: members.map((value) => ({ value })) };
        return [this.#patch(`/scim/v2/Groups/${group}`, operation), new Set(members)];
      }),
    putGroup: () =>
      this.#regroup((group, _, others) => {
        const members = this.#some(others, 4);
        const body = { schemas: [GROUP], displayName: "Put", members: members.map((value) => ({ value })) };
        return [this.#write("PUT", `/scim/v2/Groups/${group}`, body), new Set(members)];
      }),
    renameGroup: () =>
      this.#regroup((group, members) => [
        this.#patch(`/scim/v2/Groups/${group}`, { op: "replace", value: { displayName: `Group ${this.#die() % 9}` } }),
        members,
      ]),
    deleteGroup: async () => {
      const id = this.#one(this.#groups.keys());
      if (id === undefined) return;
      this.#groups = without(this.#groups, id);
      await this.#delete("Groups", id);
    },
    refused: async () => {
      const group = this.#one(this.#groups.keys()) ?? "nobody";
      const [user = "nobody"] = this.#users.keys();
      const path = `/scim/v2/Groups/${group}`;
      const reply = await this.#one([
        () =>
          this.#patch(path, { op: "add", path: "members", value: [{ value: "01890a5d-ac96-774b-bcce-b302099a8057" }] }),
        () => this.#patch("/scim/v2/Users/01890a5d-ac96-774b-bcce-b302099a8057", { op: "remove", path: "nickName" }),
        () => this.#write("PUT", `/scim/v2/Users/${user}`, { schemas: [USER] }),
        () => this.#write("PUT", path, { schemas: [GROUP], displayName: "New" }, { "If-Match": 'W/"99999"' }),
      ])!();
      expect(reply.status).toBeGreaterThanOrEqual(400);
    },
  };

  #anybody = (): readonly string[] => [...this.#users.keys(), ...this.#groups.keys()];

  async #regroup(
    change: (
      group: string,
      members: ReadonlySet<string>,
      others: readonly string[],
    ) => [Promise<Reply>, ReadonlySet<string>],
  ): Promise<void> {
    const group = this.#one(this.#groups.keys());
    if (group === undefined) return;
    const [writing, members] = change(
      group,
      this.#groups.get(group)!,
      this.#anybody().filter((id) => id !== group),
    );
    const reply = await writing;
    expect([reply.status, reply.status < 300 ? "" : reply.text]).toEqual([expect.any(Number), ""]);
    this.#groups = new Map(this.#groups).set(group, new Set(members));
    await this.#turn(reply, (await this.#client.json(`/scim/v2/Groups/${group}`)).meta.lastModified);
  }

  async #change(id: string, reply: Reply, known: Known): Promise<void> {
    if (reply.status >= 400) return;
    this.#users = new Map(this.#users).set(id, known);
    await this.#turn(reply, JSON.parse(reply.text).meta.lastModified);
  }

  #patch(path: string, operation: JsonObject): Promise<Reply> {
    return this.#write("PATCH", path, { schemas: [PATCH], Operations: [operation] });
  }

  async #write(method: string, path: string, body?: JsonObject, headers?: Record<string, string>): Promise<Reply> {
    const reply = await this.#client.send(method, path, body, headers);
    if (reply.status >= 400) this.refused.push(reply.requestId);
    if (reply.status >= 500) throw new Error(reply.text);
    return reply;
  }

  /** The service says nowhere when it deleted, so the instant is asked for; that the memberships end is waited for. */
  async #delete(endpoint: string, id: string): Promise<void> {
    const holding = [...this.#groups].filter(([, members]) => members.has(id)).map(([group]) => group);
    this.#groups = new Map(
      [...this.#groups].map(([group, members]) => [group, new Set([...members].filter((one) => one !== id))]),
    );
    const before = Date.now();
    const reply = await this.#write("DELETE", `/scim/v2/${endpoint}/${id}`);
    const after = Date.now();
    expect(reply.status).toBe(204);
    const { deleted } = (await this.#auditor.json(`/audit/v1/${endpoint}/${id}/timeline`)).subject;
    expect([Date.parse(deleted) >= before, Date.parse(deleted) <= after]).toEqual([true, true]);
    const modified = async (): Promise<readonly string[]> =>
      Promise.all(
        holding.map(async (group) => (await this.#client.json(`/scim/v2/Groups/${group}`)).meta.lastModified),
      );
    await eventually(async () => (await modified()).every((instant) => instant > deleted));
    if (holding.length === 0) return this.#turn(reply, deleted);
    this.#add(reply, deleted, new Map());
    await this.#turn({ ...reply, requestId: "" }, (await modified()).toSorted().at(-1)!);
  }

  /** A new page, unless nothing changed. */
  async #turn(reply: Reply, instant: string): Promise<void> {
    const answers = new Map<string, string>();
    for (const path of this.#asks()) {
      const { status, text } = await this.#client.send("GET", path);
      answers.set(path, `${status} ${text}`);
    }
    const last = this.pages.at(-1);
    if (last !== undefined && instant <= last.instant) {
      expect([...answers].filter(([path, text]) => last.answers.has(path) && last.answers.get(path) !== text)).toEqual(
        [],
      );
      expect(this.state).toEqual({ users: last.users, groups: last.groups });
      return;
    }
    this.#add(reply, instant, answers);
  }

  #add({ requestId }: Reply, instant: string, answers: ReadonlyMap<string, string>): void {
    const does = `${this.#client.name} ${instant}`;
    this.pages.push({ ...this.state, instant, actor: this.#client.name, requestId, does, answers });
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): Map<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
