import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { ahead } from "../../src/audit/answers/ahead.ts";

const ROWS = fc.array(fc.integer(), { maxLength: 8 });
const MANY = fc.nat(3);

it("items come in their order, at most so many before their turn, and whoever stops ends their source", () =>
  fc.assert(
    fc.asyncProperty(ROWS, MANY, fc.nat(9), async (items, many, wanted) => {
      let given = 0;
      let isEnded = false;
      async function* source() {
        try {
          for (const item of items) {
            given += 1;
            yield item;
          }
        } finally {
          isEnded = true;
        }
      }
      const taken: number[] = [];
      for await (const item of ahead(source(), many)) {
        taken.push(item);
        expect(given).toBeLessThanOrEqual(taken.length + many);
        if (taken.length > wanted) break;
      }
      expect(taken).toEqual(items.slice(0, wanted + 1));
      expect(isEnded || given === 0).toBe(true);
    }),
  ));

it("a failure comes in its turn, after what was there before it", () =>
  fc.assert(
    fc.asyncProperty(ROWS, MANY, async (items, many) => {
      async function* source() {
        yield* items;
        throw new Error("no more");
      }
      const taken: number[] = [];
      const take = async () => {
        for await (const item of ahead(source(), many)) taken.push(item);
      };
      await expect(take()).rejects.toThrow("no more");
      expect(taken).toEqual(items);
    }),
  ));
