import { describe, expect, it } from "@jest/globals";
import { type Attempt, Attempts } from "../../src/access/attempts.ts";
import { FakeRecorder } from "../http/fakes.ts";

const attempt = (credential: string, tenant = "acme"): Attempt => ({
  tenant,
  actor: { credential, name: credential, kind: "provisioning" },
  requestId: "r",
  method: "POST",
  resourceType: "User",
  status: 400,
  scimType: "invalidValue",
  detail: "userName “ada” is wrong",
});
const limits = { capacity: 10, perCredential: 4, batch: 3, sources: 2 };

describe("the queue of attempts", () => {
  it("writes in batches, by tenant, the detail among the personal values", async () => {
    const recorder = new FakeRecorder();
    const attempts = new Attempts(recorder, { limits });
    for (const tenant of ["acme", "globex", "acme", "acme"]) attempts.offer(attempt("one", tenant));
    await attempts.close();
    expect(recorder.recorded.map(({ tenant }) => tenant)).toEqual(["acme", "acme", "globex", "acme"]);
    expect(recorder.recorded[0]!.event).toEqual({
      type: "AttemptRejected",
      version: 1,
      data: { method: "POST", status: 400, resourceType: "User", scimType: "invalidValue" },
      personal: { detail: "userName “ada” is wrong" },
    });
  });

  it("is bounded, shared fairly, and counts what it dropped in an event", async () => {
    const recorder = new FakeRecorder();
    let told = 0;
    const attempts = new Attempts(recorder, { limits, onDropped: (count) => (told += count) });
    for (let i = 0; i < 100; i++) attempts.offer(attempt("noisy"));
    attempts.offer(attempt("quiet"));
    await attempts.close();
    const by = Map.groupBy(recorder.recorded, ({ event }) => event.type);
    expect(by.get("AttemptRejected")!.map(({ actor }) => actor.credential)).toEqual([
      ...Array(4).fill("noisy"),
      "quiet",
    ]);
    expect(by.get("AttemptsDropped")!.map(({ event }) => event.data)).toEqual([{ count: 96 }]);
    expect(told).toBe(96);
  });

  it("keeps a batch that could not be written, and writes it once", async () => {
    const recorder = new FakeRecorder();
    const failures: unknown[] = [];
    const attempts = new Attempts(recorder, { limits, onFailure: (error) => failures.push(error) });
    recorder.failure = new Error("the disk is full");
    attempts.offer(attempt("one"));
    await attempts.close();
    expect(failures).toHaveLength(1);
    recorder.failure = undefined;
    await attempts.close();
    expect(recorder.recorded).toHaveLength(1);
  });

  it("counts failed authentications per source and minute in the system's tenant", async () => {
    const recorder = new FakeRecorder();
    let now = Date.parse("2025-01-01T10:00:30Z");
    const attempts = new Attempts(recorder, { limits, clock: () => now });
    for (const source of ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"])
      attempts.noteFailedAuthentication(source);
    now += 60_000;
    attempts.noteFailedAuthentication("10.0.0.1");
    await attempts.close();
    expect(recorder.recorded.map(({ tenant, event }) => [tenant, event.data, event.personal])).toEqual([
      ["_system", { minute: "2025-01-01T10:00Z", count: 2 }, { source: "10.0.0.1" }],
      ["_system", { minute: "2025-01-01T10:00Z", count: 1 }, { source: "10.0.0.2" }],
      ["_system", { minute: "2025-01-01T10:00Z", count: 2 }, { source: "other" }],
      ["_system", { minute: "2025-01-01T10:01Z", count: 1 }, { source: "10.0.0.1" }],
    ]);
  });
});
