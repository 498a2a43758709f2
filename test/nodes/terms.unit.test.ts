import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { ended, type Lease, type Term, Terms } from "../../src/nodes/terms.ts";

/** A lease that is there at once, again and again; `lose` takes it away. */
function leaseOf() {
  let epoch = 0;
  let lost = new AbortController();
  const released: number[] = [];
  const lease: Lease = {
    async acquire(signal) {
      if (signal.aborted) return undefined;
      await pause(1);
      epoch += 1;
      const [mine, controller] = [epoch, new AbortController()];
      lost = controller;
      return {
        epoch: mine,
        signal: controller.signal,
        async release() {
          released.push(mine);
          controller.abort();
        },
      };
    },
  };
  return { lease, released, lose: () => lost.abort() };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await pause(1);
};

it("begins each duty once a term, and the next term only when all have ended", async () => {
  const stop = new AbortController();
  const { lease, lose } = leaseOf();
  const terms = new Terms({ lease, signal: stop.signal, onFailure: () => undefined });
  const seen: string[] = [];
  const duty = (name: string, takes: number) => async (term: Term) => {
    seen.push(`${name}+${term.epoch}`);
    await ended(term.signal);
    await pause(takes);
    seen.push(`${name}-${term.epoch}`);
  };
  terms.attend(duty("a", 0));
  terms.attend(duty("b", 20));
  const running = terms.run();
  await until(() => seen.length === 2);
  lose();
  await until(() => seen.length === 6);
  expect(seen).toEqual(["a+1", "b+1", "a-1", "b-1", "a+2", "b+2"]);
  stop.abort();
  await running;
  expect(seen.slice(6)).toEqual(["a-2", "b-2"]);
});

it("a duty that comes later is begun in the term that is on", async () => {
  const stop = new AbortController();
  const terms = new Terms({ lease: leaseOf().lease, signal: stop.signal, onFailure: () => undefined });
  terms.attend((term) => ended(term.signal));
  const running = terms.run();
  await until(() => terms.term !== undefined);
  const begun: number[] = [];
  terms.attend(async (term) => {
    begun.push(term.epoch);
    await ended(term.signal);
  });
  expect(begun).toEqual([1]);
  stop.abort();
  await running;
  expect(terms.term).toBeUndefined();
});

it("a duty that fails is told of and gives the term up, so that another node may do better", async () => {
  const stop = new AbortController();
  const { lease, released } = leaseOf();
  const failures: unknown[] = [];
  const terms = new Terms({ lease, signal: stop.signal, onFailure: (error) => failures.push(error) });
  terms.attend(async (term) => {
    if (term.epoch === 1) throw new Error("cannot write");
    await ended(term.signal);
  });
  const running = terms.run();
  await until(() => terms.term?.epoch === 2);
  expect(released).toEqual([1]);
  expect(failures).toMatchObject([{ message: "cannot write" }]);
  stop.abort();
  await running;
});

it("gives the lease back at the end", async () => {
  const stop = new AbortController();
  const { lease, released } = leaseOf();
  const terms = new Terms({ lease, signal: stop.signal, onFailure: () => undefined });
  terms.attend((term) => ended(term.signal));
  const running = terms.run();
  await until(() => terms.term !== undefined);
  stop.abort();
  await running;
  expect(released).toContain(1);
});
