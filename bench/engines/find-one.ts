// One document of the served read models after the other by the bare driver's findOne, a child process: what the service asks
// for the same answer, by so many at once.
import { type Document, MongoClient } from "mongodb";
import { servingIn } from "../../src/readstore/mongodb/generations/generations.ts";
import { keyOf } from "../../src/readstore/mongodb/shadow-names.ts";
import { nameOf, userId, userNameOf } from "../data/identity.ts";

export interface FindOneRequest {
  /** Of the database of the read models. */
  readonly address: string;
  readonly by: "id" | "userName";
  /** Indexes of users: the first, and how many. */
  readonly first: number;
  readonly users: number;
  readonly atOnce: number;
  readonly seconds: number;
}

export interface FindOneResult {
  readonly found: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const USERS = { tenant: "default", type: "User" };
const QUERIES: Readonly<Record<FindOneRequest["by"], (index: number) => Document>> = {
  id: (index) => ({ ...USERS, id: userId(index) }),
  userName: (index) => ({ ...USERS, keys: keyOf("userName", userNameOf(nameOf(index))) }),
};
/** Of an answer: what filters compare is left out. */
const ANSWERED = { ix: 0, keys: 0 };
const WARM_UP = 500;

process.on("disconnect", () => process.exit());
process.once("message", async ({ address, by, first, users, atOnce, seconds }: FindOneRequest) => {
  const client = new MongoClient(address, { readConcern: { level: "majority" }, maxPoolSize: 64 });
  const database = client.db();
  const { current } = await servingIn(database);
  const resources = database.collection(`${current}.resources`);
  const find = async () => {
    const query = QUERIES[by](first + Math.floor(Math.random() * users));
    if ((await resources.findOne(query, { projection: ANSWERED })) === null)
      throw new Error(`no document is found by ${JSON.stringify(query)}`);
  };
  const times = async (isOver: () => boolean) => {
    const took: number[] = [];
    const one = async () => {
      while (!isOver()) {
        const asked = performance.now();
        await find();
        took.push(performance.now() - asked);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return took;
  };
  let warm = 0;
  await times(() => warm++ >= WARM_UP);
  const began = performance.now();
  const took = (await times(() => performance.now() - began >= seconds * 1_000)).sort((a, b) => a - b);
  const taken = (performance.now() - began) / 1_000;
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(share * took.length))]!;
  await client.close();
  process.send!({ found: took.length, seconds: taken, p50: at(0.5), p99: at(0.99) } satisfies FindOneResult);
});
