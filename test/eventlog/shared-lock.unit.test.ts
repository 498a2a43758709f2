import { describe, expect, it } from "@jest/globals";
import { SharedLock } from "../../src/eventlog/shared-lock.ts";

/** Work that ends when it is told to, and notes when it begins and ends. */
const noting = (events: string[]) => (name: string) => {
  const gate = Promise.withResolvers<void>();
  const work = async () => {
    events.push(`+${name}`);
    await gate.promise;
    events.push(`-${name}`);
    return name;
  };
  return { work, end: gate.resolve };
};

const turns = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe("a shared lock", () => {
  it("lets many in at once, one alone only after them, and the next ones after that", async () => {
    const events: string[] = [];
    const piece = noting(events);
    const lock = new SharedLock();
    const [a, b, alone, c] = ["a", "b", "alone", "c"].map(piece);
    const all = [
      lock.share("k", a!.work),
      lock.share("k", b!.work),
      lock.alone("k", alone!.work),
      lock.share("k", c!.work),
    ];
    await turns();
    expect(events).toEqual(["+a", "+b"]);
    a!.end();
    await turns();
    expect(events).toEqual(["+a", "+b", "-a"]);
    b!.end();
    await turns();
    expect(events.slice(3)).toEqual(["-b", "+alone"]);
    alone!.end();
    await turns();
    expect(events.slice(5)).toEqual(["-alone", "+c"]);
    c!.end();
    expect(await Promise.all(all)).toEqual(["a", "b", "alone", "c"]);
  });

  it("keeps keys apart, and goes on after a failure", async () => {
    const events: string[] = [];
    const piece = noting(events);
    const lock = new SharedLock();
    const waiting = piece("waiting");
    const held = lock.alone("k", waiting.work);
    await expect(lock.alone("other", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(lock.share("other", async () => "in")).resolves.toBe("in");
    waiting.end();
    await held;
    await expect(lock.share("k", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(lock.alone("k", async () => "in")).resolves.toBe("in");
  });
});
