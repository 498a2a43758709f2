import { setImmediate as turn } from "node:timers/promises";

/** The same, each asked for while the one before it is made use of; whoever else waits has a turn in between. */
export async function* ahead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      next.catch(() => {});
      yield value;
      await turn();
    }
  } finally {
    await items.return(undefined);
  }
}
