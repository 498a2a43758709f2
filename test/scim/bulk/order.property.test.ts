import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { inOrder } from "../../../src/scim/bulk/order.ts";
import { predecessors } from "../../../src/scim/bulk/touches.ts";

const references = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));

/** What an operation refers to, and what that refers to, and so on. */
function reachable(all: readonly (readonly number[])[], from: number): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...(all[from] ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(all[next] ?? []));
  }
  return found;
}

describe("the order of operations that refer to each other", () => {
  it("has each operation once, after what it refers to; one step holds exactly those that refer to each other", () =>
    fc.assert(
      fc.property(references, (all) => {
        const steps = inOrder(all);
        expect(steps.flat().sort((a, b) => a - b)).toEqual([...all.keys()]);
        const stepOf = new Map(steps.flatMap((step, at) => step.map((one) => [one, at] as const)));
        const reach = all.map((_, from) => reachable(all, from));
        for (const [from, to] of all.flatMap((some, index) => some.map((one) => [index, one] as const)))
          expect(stepOf.get(to)!).toBeLessThanOrEqual(stepOf.get(from)!);
        for (const a of all.keys())
          for (const b of all.keys())
            expect(stepOf.get(a) === stepOf.get(b)).toBe(a === b || (reach[a]!.has(b) && reach[b]!.has(a)));
      }),
    ));

  it("is that of the request but for operations that an earlier one refers to", () =>
    fc.assert(
      fc.property(references, (all) => {
        const flat = inOrder(all).flat();
        for (const [at, one] of flat.entries())
          for (const later of flat.slice(at + 1))
            if (later < one) {
              const isWanted = all.some((_, from) => from <= later && (from === one || reachable(all, from).has(one)));
              const isInCircle = reachable(all, one).has(later) || reachable(all, later).has(one);
              expect(isWanted || isInCircle).toBe(true);
            }
      }),
    ));

  it("takes a chain as long as a request may be", () => {
    const size = 10_000;
    const chain = Array.from({ length: size }, (_, index) => (index + 1 < size ? [index + 1] : []));
    expect(inOrder(chain).flat()).toEqual(Array.from({ length: size }, (_, index) => size - 1 - index));
    chain[size - 1] = [0];
    expect(inOrder(chain).map(({ length }) => length)).toEqual([size]);
  });
});

describe("which steps wait for which", () => {
  const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 });
  const touches = fc.array(fc.record({ reads: keys, writes: keys }), { maxLength: 12 });

  it("keeps the order of any two of which one writes what the other touches, and of no others", () =>
    fc.assert(
      fc.property(touches, (steps) => {
        const before = predecessors(steps);
        const waitsFor = before.map((_, step) => reachable(before, step));
        const meet = (a: readonly string[], b: readonly string[]) => a.some((key) => b.includes(key));
        const conflicts = steps.map(({ reads, writes }, step) =>
          [...steps.keys()].filter((other) => {
            const { reads: read, writes: written } = steps[other]!;
            return other < step && (meet(writes, written) || meet(writes, read) || meet(reads, written));
          }),
        );
        for (const step of steps.keys()) {
          for (const other of conflicts[step]!) expect(waitsFor[step]!.has(other)).toBe(true);
          for (const other of before[step]!) expect(conflicts[step]).toContain(other);
        }
      }),
    ));
});
