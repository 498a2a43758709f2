// Whoever asks whether a node is ready has an answer within seconds, whatever the node waits for itself.
import { expect, it } from "@jest/globals";
import { Unavailable } from "../../src/eventlog/event-log.ts";
import { readinessOf } from "../../src/http/health.ts";

const well = { name: "lease", check: () => ({ ok: true, says: "this node's" }) };

it("a check that gets no answer is not well, and does not keep the others from being told", async () => {
  const silent = { name: "event log", check: () => new Promise<never>(() => undefined) };
  const since = performance.now();
  expect(await readinessOf([silent, well], 50)).toEqual({
    ready: false,
    checks: [
      { name: "event log", ok: false, says: "no answer for 0.05 s" },
      { name: "lease", ok: true, says: "this node's" },
    ],
  });
  expect(performance.now() - since).toBeLessThan(1_000);
});

it("what cannot be asked is told from a check that failed, without what the error says", async () => {
  const refusing = (error: Error) => ({ name: "event log", check: () => Promise.reject(error) });
  const says = async (error: Error) => (await readinessOf([refusing(error)])).checks[0]!.says;
  expect(await says(new Unavailable("the event store at db.internal:2113 …", "no"))).toBe("it does not answer");
  expect(await says(new Error("of its own"))).toBe("the check itself failed");
});
