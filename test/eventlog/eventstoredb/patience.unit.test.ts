import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { Patience } from "../../../src/eventlog/eventstoredb/patience.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const never = () => new Promise<never>(() => {});

it("answers and failures come through, and what is said too late changes nothing", async () => {
  const patience = new Patience(50);
  expect(await patience.with(Promise.resolve(7))).toBe(7);
  await expect(patience.with(Promise.reject(new Error("no")))).rejects.toThrow("no");
  const late = Promise.withResolvers<number>();
  const given = expect(patience.with(late.promise)).rejects.toThrow("was not answered within 50 ms");
  await jest.advanceTimersByTimeAsync(50);
  late.reject(new Error("too late to be heard"));
  await given;
});

it("each waits for its own time, whoever began before and was answered meanwhile", async () => {
  const patience = new Patience(100);
  const givenUp: string[] = [];
  const wait = (name: string) => void patience.with(never()).catch(() => givenUp.push(name));
  wait("at 0");
  const answer = Promise.withResolvers<void>();
  const answered = patience.with(answer.promise);
  await jest.advanceTimersByTimeAsync(40);
  wait("at 40");
  wait("at 40 too");
  await jest.advanceTimersByTimeAsync(59);
  answer.resolve();
  await answered;
  expect(givenUp).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  expect(givenUp).toEqual(["at 0"]);
  await jest.advanceTimersByTimeAsync(39);
  expect(givenUp).toEqual(["at 0"]);
  await jest.advanceTimersByTimeAsync(1);
  expect(givenUp).toEqual(["at 0", "at 40", "at 40 too"]);
});

it("waits its whole time after a time in which nobody waited, and leaves no timer behind for good", async () => {
  const patience = new Patience(60);
  await patience.with(Promise.resolve());
  await jest.advanceTimersByTimeAsync(40);
  let isGivenUp = false;
  patience.with(never()).catch(() => {
    isGivenUp = true;
  });
  await jest.advanceTimersByTimeAsync(59);
  expect(isGivenUp).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(isGivenUp).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});
