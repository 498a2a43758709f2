import { describe, expect, it } from "@jest/globals";
import { type Attempt, Attempts } from "../../src/access/attempts.ts";
import { TooLarge } from "../../src/eventlog/event-log.ts";
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

  it("cuts what a refusal says to a length that fits into the log, whoever's words it repeats", async () => {
    const recorder = new FakeRecorder();
    const attempts = new Attempts(recorder, { limits });
    attempts.offer({ ...attempt("one"), detail: `there is no User “${"😀".repeat(500_000)}”` });
    await attempts.close();
    const { detail } = recorder.recorded[0]!.event.personal as { detail: string };
    expect(detail.length).toBeLessThanOrEqual(1_001);
    expect([detail.isWellFormed(), detail.endsWith("…")]).toEqual([true, true]);
  });

  it("writes on where a batch is too large for the log: by halves, and counting what is too large by itself", async () => {
    const recorder = new FakeRecorder();
    const most = 2;
    const record = recorder.record.bind(recorder);
    recorder.record = async (tenant, kind, recordings) => {
      const isPoison = recordings.some(({ requestId }) => requestId === "poison");
      if (recordings.length > most || isPoison) throw new TooLarge(2_000_000, 1_000_000);
      return record(tenant, kind, recordings);
    };
    const dropped: number[] = [];
    const failures: unknown[] = [];
    const attempts = new Attempts(recorder, {
      limits: { ...limits, perCredential: 10, batch: 10 },
      onDropped: (count) => dropped.push(count),
      onFailure: (error) => failures.push(error),
    });
    for (const requestId of ["a", "b", "poison", "c", "d"]) attempts.offer({ ...attempt("one"), requestId });
    await attempts.close();
    const written = recorder.recorded.filter(({ event }) => event.type === "AttemptRejected");
    expect(written.map(({ requestId }) => requestId)).toEqual(["a", "b", "c", "d"]);
    expect(recorder.recorded.at(-1)!.event).toMatchObject({ type: "AttemptsDropped", data: { count: 1 } });
    expect([dropped, failures]).toEqual([[1], []]);
  });

  it("writes the counts of failed authentications in batches too", async () => {
    const recorder = new FakeRecorder();
    const sizes: number[] = [];
    const record = recorder.record.bind(recorder);
    recorder.record = (tenant, kind, recordings) => {
      sizes.push(recordings.length);
      return record(tenant, kind, recordings);
    };
    const attempts = new Attempts(recorder, { limits: { ...limits, sources: 7 } });
    for (let i = 0; i < 7; i++) attempts.noteFailedAuthentication(`10.0.0.${i}`);
    await attempts.close();
    expect(sizes).toEqual([3, 3, 1]);
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
