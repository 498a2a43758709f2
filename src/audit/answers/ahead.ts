import { setImmediate as turn } from "node:timers/promises";

/** The same, so many asked for before they are made use of; whoever else waits has a turn in between. */
export async function* ahead<Item>(items: AsyncGenerator<Item>, many: number): AsyncGenerator<Item> {
  const asked: Promise<IteratorResult<Item, unknown>>[] = [];
  const ask = (): void => {
    const next = items.next();
    next.catch(() => {});
    asked.push(next);
  };
  for (let more = 0; more <= many; more++) ask();
  try {
    for (;;) {
      const { done, value } = await asked.shift()!;
      if (done === true) return;
      yield value as Item;
      ask();
      await turn();
    }
  } finally {
    await items.return(undefined);
  }
}
