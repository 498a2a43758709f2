// Random directories of a source and a target, and what an import should make of them, said in the plainest way.
import fc from "fast-check";
import type { JsonObject } from "../../../src/scim/json.ts";
import type { FakeServer } from "./fake-server.ts";

const NAMES = ["ada", "Ada", "bob", "cyd", "dee", "eve", "fay", "gil"];
const TEAMS = ["Admins", "Builders", "Cooks", "Drivers", "Editors"];
const EXTERNALS = ["x1", "x2", "x3", "x4", "x5", "x6"];
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export interface UserPlan {
  readonly name: string;
  readonly externalId: string | undefined;
  readonly title: string | undefined;
  readonly active: boolean | undefined;
  readonly email: string | undefined;
  /** Index of a user of the same directory; beyond its end: nobody. */
  readonly manager: number | undefined;
  readonly shoeSize: number | undefined;
}

export interface GroupPlan {
  readonly name: string;
  readonly externalId: string | undefined;
  /** Indexes of users. */
  readonly users: readonly number[];
  /** Indexes of groups; the own one too, and beyond the end. */
  readonly groups: readonly number[];
}

export interface DirectoryPlan {
  readonly users: readonly UserPlan[];
  readonly groups: readonly GroupPlan[];
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const userPlan: fc.Arbitrary<UserPlan> = fc.record({
  name: fc.constantFrom(...NAMES),
  externalId: maybe(fc.constantFrom(...EXTERNALS)),
  title: maybe(fc.constantFrom("Boss", "boss", "Cook")),
  active: maybe(fc.boolean()),
  email: maybe(fc.constantFrom("a@x.org", "b@x.org")),
  manager: maybe(fc.nat({ max: 6 })),
  shoeSize: maybe(fc.nat({ max: 50 })),
});

const groupPlan: fc.Arbitrary<GroupPlan> = fc.record({
  name: fc.constantFrom(...TEAMS),
  externalId: maybe(fc.constantFrom(...EXTERNALS)),
  users: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 5 }),
  groups: fc.uniqueArray(fc.nat({ max: 4 }), { maxLength: 3 }),
});

export const directoryPlan: fc.Arbitrary<DirectoryPlan> = fc.record({
  users: fc.uniqueArray(userPlan, { maxLength: 6, selector: ({ name }) => name.toLowerCase() }),
  groups: fc.uniqueArray(groupPlan, { maxLength: 4, selector: ({ name }) => name }),
});

const defined = (object: Record<string, unknown>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;

/** Puts a directory into a server. `isSource`: with what the target's schemas do not have. */
export function fill(server: FakeServer, plan: DirectoryPlan, isSource: boolean): FakeServer {
  const userId = (index: number): string => `${server.options.prefix}user${index}`;
  const groupId = (index: number): string => `${server.options.prefix}group${index}`;
  plan.users.forEach((user, index) => {
    const { name, externalId, title, active, email, manager, shoeSize } = user;
    const isKnown = manager !== undefined && (isSource || manager < plan.users.length);
    const extension = isKnown ? { [ENTERPRISE]: { manager: { value: userId(manager) } } } : {};
    const attributes = defined({
      userName: name,
      externalId,
      title,
      active,
      emails:
        email === undefined ? undefined : [{ value: email, type: "work", ...(isSource ? { primary: false } : {}) }],
      ...extension,
      ...(isSource ? { shoeSize, groups: [{ value: "whatever" }] } : {}),
    });
    server.addUser(attributes, userId(index));
  });
  plan.groups.forEach(({ name, externalId, users, groups }, index) => {
    const members = [
      ...users
        .filter((one) => isSource || one < plan.users.length)
        .map((one) => ({ value: userId(one), type: "User" })),
      ...groups
        .filter((one) => isSource || (one < plan.groups.length && one !== index))
        .map((one) => ({ value: groupId(one), type: "Group" })),
    ];
    server.addGroup(
      defined({ displayName: name, externalId }),
      isSource ? members : members.map(({ value }) => ({ value })),
      groupId(index),
    );
  });
  return server;
}

type Fate = "created" | "skipped" | { readonly same: number };

/** For each user of the source, in the mode `both`: new, skipped, or the user of the target with this index. */
export function fatesOfUsers(source: DirectoryPlan, target: DirectoryPlan): readonly Fate[] {
  return source.users.map((user, index) => {
    const same = target.users.findIndex(({ name }) => name.toLowerCase() === user.name.toLowerCase());
    const isTwin = source.users.slice(0, index).some(({ externalId }) => isSame(externalId, user.externalId));
    const elsewhere = target.users.some(({ externalId }, at) => at !== same && isSame(externalId, user.externalId));
    if (isTwin || elsewhere) return "skipped";
    if (same === -1) return "created";
    return isOther(target.users[same]!.externalId, user.externalId) ? "skipped" : { same };
  });
}

/** The same for groups, whose names may be borne by several. */
export function fatesOfGroups(source: DirectoryPlan, target: DirectoryPlan): readonly Fate[] {
  return source.groups.map((group, index) => {
    const same = target.groups.findIndex(({ name }) => name === group.name);
    const isTwin = source.groups.slice(0, index).some(({ externalId }) => isSame(externalId, group.externalId));
    const elsewhere = target.groups.some(({ externalId }, at) => at !== same && isSame(externalId, group.externalId));
    if (isTwin || elsewhere) return "skipped";
    return same === -1 || isOther(target.groups[same]!.externalId, group.externalId) ? "created" : { same };
  });
}

const isSame = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b;
const isOther = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

/** A directory without ids: users by name, members and managers by name; groups as a sorted list. */
export interface Picture {
  readonly users: Readonly<Record<string, object>>;
  readonly groups: readonly object[];
}

/** What the target should look like. */
export function expectedOf(source: DirectoryPlan, target: DirectoryPlan): Picture {
  const userFates = fatesOfUsers(source, target);
  const groupFates = fatesOfGroups(source, target);
  const userName = (index: number): string => source.users[index]!.name;
  const isMoved = (fate: Fate | undefined): boolean => fate !== undefined && fate !== "skipped";
  const finalName = new Map(target.users.map(({ name }, index) => [index, name]));
  userFates.forEach((fate, index) => {
    if (typeof fate === "object") finalName.set(fate.same, userName(index));
  });
  const users: Record<string, object> = {};
  target.users.forEach((user, at) => {
    const index = userFates.findIndex((fate) => typeof fate === "object" && fate.same === at);
    const { manager, ...own } = user;
    const before = manager !== undefined && manager < target.users.length ? finalName.get(manager) : undefined;
    const moved = source.users[index];
    const after = moved?.manager !== undefined && isMoved(userFates[moved.manager]) ? userName(moved.manager) : before;
    users[finalName.get(at)!] = userPicture({ ...own, ...stripped(moved) }, after);
  });
  userFates.forEach((fate, index) => {
    if (fate !== "created") return;
    const { manager, ...own } = source.users[index]!;
    const after = manager !== undefined && isMoved(userFates[manager]) ? userName(manager) : undefined;
    users[own.name] = userPicture(own, after);
  });
  const before = (group: GroupPlan, at: number): string[] => [
    ...group.users.filter((one) => one < target.users.length).map((one) => `user ${finalName.get(one)}`),
    ...group.groups
      .filter((one) => one < target.groups.length && one !== at)
      .map((one) =>
        groupName(
          target.groups[one]!,
          groupFates.findIndex((fate) => typeof fate === "object" && fate.same === one),
        ),
      ),
  ];
  const groupName = (group: GroupPlan, index: number): string =>
    `group ${group.name} ${source.groups[index]?.externalId ?? group.externalId}`;
  const from = (group: GroupPlan, at: number): string[] => [
    ...group.users.filter((one) => isMoved(userFates[one])).map((one) => `user ${userName(one)}`),
    ...group.groups
      .filter((one) => one !== at && isMoved(groupFates[one]))
      .map((one) => {
        const fate = groupFates[one]!;
        return groupName(typeof fate === "object" ? target.groups[fate.same]! : source.groups[one]!, one);
      }),
  ];
  const groups: object[] = [];
  target.groups.forEach((group, at) => {
    const index = groupFates.findIndex((fate) => typeof fate === "object" && fate.same === at);
    const moved = source.groups[index];
    const members = [...before(group, at), ...(moved === undefined ? [] : from(moved, index))];
    groups.push(groupPicture(group.name, moved?.externalId ?? group.externalId, members));
  });
  groupFates.forEach((fate, index) => {
    const group = source.groups[index]!;
    if (fate === "created") groups.push(groupPicture(group.name, group.externalId, from(group, index)));
  });
  return { users, groups: sorted(groups) };
}

const stripped = (user: UserPlan | undefined): Partial<UserPlan> => {
  const { manager: _manager, ...own } = user ?? {};
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
};

const userPicture = (user: Omit<UserPlan, "manager">, manager: string | undefined): object =>
  defined({ externalId: user.externalId, title: user.title, active: user.active, email: user.email, manager });

const groupPicture = (name: string, externalId: string | undefined, members: readonly string[]): object =>
  defined({ name, externalId, members: [...new Set(members)].sort() });

const sorted = (groups: readonly object[]): object[] =>
  [...groups].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** What a server holds. */
export function pictureOf(server: FakeServer): Picture {
  const name = (id: string): string => {
    const user = server.users.get(id);
    if (user !== undefined) return `user ${user.attributes["userName"]}`;
    const group = server.groups.get(id)!;
    return `group ${group.attributes["displayName"]} ${group.attributes["externalId"]}`;
  };
  const users: Record<string, object> = {};
  for (const { attributes } of server.users.values()) {
    const { userName, externalId, title, active, emails } = attributes;
    const manager = (attributes[ENTERPRISE] as { manager?: { value: string } } | undefined)?.manager?.value;
    const email = (emails as { value: string }[] | undefined)?.[0]?.value;
    users[String(userName)] = defined({
      externalId,
      title,
      active,
      email,
      manager: manager === undefined ? undefined : name(manager).slice(5),
    });
  }
  const groups = [...server.groups.values()].map(({ attributes: { displayName, externalId, members } }) =>
    groupPicture(
      String(displayName),
      externalId as string | undefined,
      ((members ?? []) as { value: string }[]).map(({ value }) => name(value)),
    ),
  );
  return { users, groups: sorted(groups) };
}
