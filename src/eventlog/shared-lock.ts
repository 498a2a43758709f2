/** By key within this process: many share it, or one has it alone. Whoever wants it alone is not overtaken. */
export class SharedLock {
  readonly #keys = new Map<string, { alone: Promise<void> | undefined; readonly sharing: Set<Promise<unknown>> }>();

  async share<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const { sharing } = this.#of(key);
    for (let alone = this.#of(key).alone; alone !== undefined; alone = this.#of(key).alone) await alone;
    const running = work();
    sharing.add(running);
    try {
      return await running;
    } finally {
      sharing.delete(running);
    }
  }

  async alone<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const state = this.#of(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = state.alone;
    state.alone = promise;
    try {
      await before;
      await Promise.allSettled(state.sharing);
      return await work();
    } finally {
      if (state.alone === promise) state.alone = undefined;
      resolve();
    }
  }

  #of(key: string) {
    let state = this.#keys.get(key);
    if (state === undefined) {
      state = { alone: undefined, sharing: new Set() };
      this.#keys.set(key, state);
    }
    return state;
  }
}
