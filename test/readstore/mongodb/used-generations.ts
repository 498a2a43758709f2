// Making the collections of a generation takes longer than most of what is tested: one that was used is emptied and used again.
import { INDEXES } from "../../../src/readstore/mongodb/collections.ts";
import type { TestDatabase } from "../../support/mongodb.ts";

export class UsedGenerations {
  readonly #mongo: TestDatabase;
  readonly #free: string[] = [];

  constructor(mongo: TestDatabase) {
    this.#mongo = mongo;
  }

  /** The name of an empty one, or of none yet. */
  take(): string {
    return this.#free.pop() ?? this.#mongo.newGeneration();
  }

  async giveBack(generation: string): Promise<void> {
    const { database } = this.#mongo;
    await Promise.all(Object.keys(INDEXES).map((name) => database.collection(`${generation}.${name}`).deleteMany({})));
    this.#free.push(generation);
  }

  /** Lends generations as long as it takes. */
  async lend<Result>(work: (take: () => string) => Promise<Result>): Promise<Result> {
    const lent: string[] = [];
    const take = (): string => {
      const generation = this.take();
      lent.push(generation);
      return generation;
    };
    try {
      return await work(take);
    } finally {
      for (const generation of lent) await this.giveBack(generation);
    }
  }
}
