import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import { aborted, type Lease, type Term, Terms } from "../../src/nodes/terms.ts";

/** A lease that is there at once, again and again; `lose` takes it away. */
function leaseOf() {
  let epoch = 0;
  let last = new AbortController();
  const released: number[] = [];
  const lease: Lease = {
    fences: true,
    async acquire(signal) {
      if (signal.aborted) return undefined;
      epoch += 1;
      const [mine, controller] = [epoch, new AbortController()];
      last = controller;
      return { epoch: mine, signal: controller.signal, release: async () => void released.push(mine) };
    },
  };
  return { lease, released, lose: () => last.abort() };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await pause(1);
};

const begun: { stop: AbortController; run: Promise<void> }[] = [];
afterEach(async () => {
  for (const { stop, run } of begun.splice(0)) {
    stop.abort();
    await run;
  }
});

function start(lease: Lease, ...duties: ((term: Term) => Promise<void>)[]) {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const terms = new Terms({ lease, signal: stop.signal, onFailure: (error) => failures.push(error) });
  for (const duty of duties) terms.attend(duty);
  const run = terms.run();
  begun.push({ stop, run });
  return { terms, stop, run, failures };
}

it("begins each duty once a term, and the next term only when all have ended", async () => {
  const seen: string[] = [];
  const duty = (name: string, takes: number) => async (term: Term) => {
    seen.push(`${name}+${term.epoch}`);
    await aborted(term.signal);
    await pause(takes);
    seen.push(`${name}-${term.epoch}`);
  };
  const { lease, lose, released } = leaseOf();
  const { stop, run } = start(lease, duty("a", 0), duty("b", 20));
  await until(() => seen.length === 2);
  lose();
  await until(() => seen.length === 6);
  expect(seen).toEqual(["a+1", "b+1", "a-1", "b-1", "a+2", "b+2"]);
  expect(released).toEqual([]);
  stop.abort();
  await run;
  expect(seen.slice(6)).toEqual(["a-2", "b-2"]);
});

it("a duty that comes later is begun in the term that is on, and one that is done leaves the others alone", async () => {
  const { terms } = start(leaseOf().lease, async () => undefined);
  await until(() => terms.term !== undefined);
  const epochs: number[] = [];
  terms.attend(async (term) => {
    epochs.push(term.epoch);
    await aborted(term.signal);
  });
  await pause(20);
  expect(epochs).toEqual([1]);
  expect(terms.term?.epoch).toBe(1);
});

it("a duty that fails is told of and gives the lease back, so that another node may do better", async () => {
  const { lease, released } = leaseOf();
  const { terms, failures } = start(lease, async (term) => {
    if (term.epoch === 1) throw new Error("cannot write");
    await aborted(term.signal);
  });
  await until(() => terms.term?.epoch === 2);
  expect(released).toEqual([1]);
  expect(failures).toMatchObject([{ message: "cannot write" }]);
});

it("at the end its duties finish while the lease is still held, and then it is given back", async () => {
  const { lease, released } = leaseOf();
  const finished: boolean[] = [];
  const { terms, stop, run } = start(lease, async (term) => {
    await aborted(term.signal);
    await pause(5);
    finished.push(term.lost.aborted, released.length > 0);
  });
  await until(() => terms.term !== undefined);
  stop.abort();
  await run;
  expect(finished).toEqual([false, false]);
  expect(released).toEqual([1]);
  expect(terms.term).toBeUndefined();
});

it("what fails because the lease is lost is nobody's failure", async () => {
  const { lease, lose } = leaseOf();
  const { terms, failures } = start(lease, async (term) => {
    await aborted(term.signal);
    throw new Error("another node writes now");
  });
  await until(() => terms.term?.epoch === 1);
  lose();
  await until(() => terms.term?.epoch === 2);
  expect(failures).toEqual([]);
});

it("a duty that hangs after the lease was lost does not keep the next term from beginning, and is told of", async () => {
  const { lease, lose } = leaseOf();
  const hangs = Promise.withResolvers<void>();
  const stop = new AbortController();
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const terms = new Terms({ lease, signal: stop.signal, onFailure, patience: 10 });
  terms.attend(async ({ epoch, signal }) => (epoch === 1 ? hangs.promise : aborted(signal)));
  const run = terms.run();
  begun.push({ stop, run });
  await until(() => terms.term?.epoch === 1);
  lose();
  await until(() => terms.term?.epoch === 2);
  expect(failures).toMatchObject([{ name: "LateDuties", message: expect.stringContaining("1 duties") }]);
  hangs.resolve();
});

it("a duty that hangs after another one failed does not keep the lease from being given back", async () => {
  const { lease, released } = leaseOf();
  const hangs = Promise.withResolvers<void>();
  const stop = new AbortController();
  const terms = new Terms({ lease, signal: stop.signal, onFailure: () => undefined, patience: 10 });
  terms.attend(async ({ epoch, signal }) => (epoch === 1 ? hangs.promise : aborted(signal)));
  terms.attend(async ({ epoch, signal }) => {
    if (epoch === 1) throw new Error("cannot write");
    await aborted(signal);
  });
  const run = terms.run();
  begun.push({ stop, run });
  await until(() => terms.term?.epoch === 2);
  expect(released).toEqual([1]);
  hangs.resolve();
});

it("a lease that does not fence keeps the next term until every duty has ended", async () => {
  const { lease, lose } = leaseOf();
  const hangs = Promise.withResolvers<void>();
  const stop = new AbortController();
  const terms = new Terms({
    lease: { acquire: (signal) => lease.acquire(signal) },
    signal: stop.signal,
    onFailure: () => undefined,
    patience: 1,
  });
  terms.attend(async ({ epoch, signal }) => (epoch === 1 ? hangs.promise : aborted(signal)));
  begun.push({ stop, run: terms.run() });
  await until(() => terms.term?.epoch === 1);
  lose();
  await pause(700);
  expect(terms.term).toBeUndefined();
  hangs.resolve();
  await until(() => terms.term?.epoch === 2);
});

it("what the duties rest on begins with them and ends after all of them", async () => {
  const seen: string[] = [];
  const { lease, lose } = leaseOf();
  const duty = (name: string, takes: number) => async (term: Term) => {
    await aborted(term.signal);
    await pause(takes);
    seen.push(`${name}${term.epoch}`);
  };
  const stop = new AbortController();
  const terms = new Terms({ lease, signal: stop.signal, onFailure: () => undefined });
  terms.attendBelow(duty("ground", 0));
  terms.attend(duty("duty", 20));
  const run = terms.run();
  begun.push({ stop, run });
  await until(() => terms.term?.epoch === 1);
  lose();
  await until(() => terms.term?.epoch === 2);
  expect(seen.toSorted()).toEqual(["duty1", "ground1"]);
  stop.abort();
  await run;
  expect(seen.slice(2)).toEqual(["duty2", "ground2"]);
});

it("a duty that fails in every term leaves those that it rests on longer and longer terms to do their work in", async () => {
  const { lease } = leaseOf();
  const stop = new AbortController();
  const terms = new Terms({ lease, signal: stop.signal, onFailure: () => undefined });
  const worked: number[] = [];
  terms.attendBelow(async ({ epoch, signal }) => {
    await pause(400, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) worked.push(epoch);
    await aborted(signal);
  });
  terms.attend(async () => {
    throw new Error("cannot read what it needs");
  });
  begun.push({ stop, run: terms.run() });
  const since = performance.now();
  await until(() => worked.length > 0 || performance.now() - since > 4_000);
  expect(worked).toEqual([2]);
});
