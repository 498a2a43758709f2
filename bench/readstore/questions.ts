// What the read store alone takes for a question, without HTTP, on the thread that asks. As a program:
// node bench/readstore/questions.ts <data folder of bench/generate.ts> <users> [<group>], µs a question, best and middle of rounds.
import { openStores } from "../../src/embedded/stores.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import type { ReadStore, TypeQuery, WalkPlace } from "../../src/readstore/read-store.ts";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import { profileOf } from "../../src/scim/normalise/profile.ts";
import { readFilter } from "../../src/scim/normalise/read.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { emailOf, externalIdOf, groupId, nameOf, userId, userNameOf } from "../data/identity.ts";

const TENANT = "default";
const ROUNDS = 15;
const QUESTIONS = 2_000;
const PAGE = 100;

const [folder, users, group] = process.argv.slice(2);
if (folder === undefined || users === undefined)
  throw new Error("usage: node bench/readstore/questions.ts <data folder> <users> [<index of a large group>]");
const known = Number(users);
await using stores = await openStores(folder);
const store: ReadStore = stores.readStore;

const anyone = (): number => Math.floor(Math.random() * known);
const filtered = (type: ResourceType, text: string) => {
  const filter = readFilter(new Normalisation(profileOf("lenient")), type, text, FILTER_LIMITS);
  const of: TypeQuery[] = [{ type, filter }];
  return store.query({ tenant: TENANT, of, startIndex: 1, count: PAGE });
};

const questions: Record<string, () => unknown> = {
  "GET by id": () => store.get(TENANT, "User", userId(anyone())),
  "userName eq": () => filtered(userType, `userName eq "${userNameOf(nameOf(anyone()))}"`),
  "externalId eq": () => filtered(userType, `externalId eq "${externalIdOf(nameOf(anyone()))}"`),
  'emails[type eq "work"].value eq': () =>
    filtered(userType, `emails[type eq "work"].value eq "${emailOf(nameOf(anyone()))}"`),
  "id eq and manager eq": () => filtered(userType, `id eq "${userId(anyone())}" and manager eq "${userId(anyone())}"`),
};
if (group !== undefined) {
  const id = groupId(Number(group));
  questions["id eq (group) and members eq"] = () =>
    filtered(groupType, `id eq "${id}" and members eq "${userId(anyone())}"`);
  questions["members eq and id eq (group)"] = () =>
    filtered(groupType, `members eq "${userId(anyone())}" and id eq "${id}"`);
  questions["id eq and groups eq (group)"] = () =>
    filtered(userType, `id eq "${userId(anyone())}" and groups.value eq "${id}"`);
}

/** Microseconds a question, of each round. */
const times = new Map(Object.keys(questions).map((name): [string, number[]] => [name, []]));
for (let round = -3; round < ROUNDS; round++)
  for (const [name, ask] of Object.entries(questions)) {
    const began = performance.now();
    for (let asked = 0; asked < QUESTIONS; asked++) {
      const answer = ask();
      if (answer instanceof Promise) await answer;
    }
    if (round >= 0) times.get(name)!.push(((performance.now() - began) * 1_000) / QUESTIONS);
  }
const row = (name: string, all: readonly number[]): string => {
  const sorted = all.toSorted((a, b) => a - b);
  return `${name.padEnd(36)} ${sorted[0]!.toFixed(1).padStart(9)} ${sorted[sorted.length >> 1]!.toFixed(1).padStart(9)}`;
};
console.log(`${"µs".padEnd(36)}      best    middle`);
for (const [name, all] of times) console.log(row(name, all));

/** Pages of a walk over all users: the first ones, and the last. */
for (const [name, sortBy] of [
  ["in order of creation", undefined],
  ["by userName", "userName"],
] as const) {
  const path = sortBy === undefined ? {} : { sortBy: resolvePath(userType, sortBy)! };
  const sort = sortBy === undefined ? {} : { sort: "ascending" as const };
  const took: number[] = [];
  let next: { readonly asOf?: Position; readonly after?: WalkPlace } | undefined = {};
  while (next !== undefined) {
    const began = performance.now();
    const page = await store.walk({ tenant: TENANT, of: [{ type: userType, ...path }], count: PAGE, ...sort, ...next });
    took.push((performance.now() - began) * 1_000);
    next = page.next && { asOf: page.position, after: page.next };
  }
  console.log(row(`page of ${PAGE} ${name}, near the start`, took.slice(1, 101)));
  console.log(row(`page of ${PAGE} ${name}, at the end`, took.slice(-101, -1)));
}
