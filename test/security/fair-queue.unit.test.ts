import { expect, it } from "@jest/globals";
import { FairQueue } from "../../src/readstore/sqlite/threads/fair-queue.ts";

it("tenants take turns, each in its own order", () => {
  const queue = new FairQueue<string>(3);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "b2"]) queue.add(item.slice(0, 1), item);
  const taken = Array.from({ length: 7 }, () => queue.take());
  expect(taken).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", undefined]);
});

it("a tenant that has no place left is refused, and no other", () => {
  const queue = new FairQueue<number>(2);
  queue.add("a", 1);
  queue.add("a", 2);
  expect(() => queue.add("a", 3)).toThrow(expect.objectContaining({ status: 503 }));
  queue.add("b", 4);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([1, 4, 2]);
});
