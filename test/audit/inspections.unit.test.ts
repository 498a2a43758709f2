import { describe, expect, it } from "@jest/globals";
import {
  type Inspection,
  type InspectionRecorder,
  Inspections,
  inspected,
  type Tally,
} from "../../src/audit/answers/inspections.ts";
import { notFound } from "../../src/scim/errors.ts";

const inspection: Inspection = {
  tenant: "acme",
  actor: { credential: "cred-7", name: "auditor", kind: "auditor" },
  requestId: "request-7",
  question: "members-at",
  parameters: { id: "g1", asOf: "2026-05-01T00:00:00Z" },
};

/** What happened, in order. */
function witness(refuse: (call: number) => boolean = () => false) {
  const seen: unknown[] = [];
  let calls = 0;
  const recorder: InspectionRecorder = {
    async record(tenant, kind, recordings) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (refuse(++calls)) throw new Error("disk full");
      for (const { event, actor, requestId } of recordings) seen.push({ tenant, kind, actor, requestId, ...event });
    },
  };
  const answer = async (tally: Tally) => {
    seen.push("first byte");
    tally.rows = 3;
    tally.bytes = 120;
    return "answer";
  };
  return { seen, recorder, answer };
}

const begun = expect.objectContaining({
  tenant: "acme",
  kind: "inspection",
  type: "InspectionBegun",
  actor: inspection.actor,
  requestId: "request-7",
});
const ended = (outcome: string, rows: number, bytes: number) =>
  expect.objectContaining({ type: "InspectionEnded", data: { inspection: expect.any(String), rows, bytes, outcome } });

describe("an inspection", () => {
  it("is durable before the first byte, and told to its end", async () => {
    const { seen, recorder, answer } = witness();
    expect(await inspected(recorder, inspection, answer)).toBe("answer");
    expect(seen).toEqual([begun, "first byte", ended("complete", 3, 120)]);
    expect(seen[0]).toMatchObject({
      data: { question: "members-at" },
      personal: { parameters: inspection.parameters },
    });
  });

  it("does not take place where it cannot be recorded", async () => {
    const { seen, recorder, answer } = witness((call) => call === 1);
    await expect(inspected(recorder, inspection, answer)).rejects.toMatchObject({ status: 503 });
    expect(seen).toEqual([]);
  });

  it("is aborted where the answer breaks off, with what had left by then", async () => {
    const { seen, recorder, answer } = witness();
    const broken = inspected(recorder, inspection, async (tally) => {
      await answer(tally);
      throw new Error("the client went away");
    });
    await expect(broken).rejects.toThrow("went away");
    expect(seen).toEqual([begun, "first byte", ended("aborted", 3, 120)]);
  });

  it("is complete where the answer is a refusal", async () => {
    const { seen, recorder } = witness();
    const refused = inspected(recorder, inspection, () => Promise.reject(notFound("nobody")));
    await expect(refused).rejects.toMatchObject({ status: 404 });
    expect(seen).toEqual([begun, ended("complete", 0, 0)]);
  });

  it("is waited for to its end", async () => {
    const { seen, recorder, answer } = witness();
    const inspections = new Inspections(recorder);
    const held = inspections.hold(inspection, answer);
    await inspections.settled();
    expect(seen).toHaveLength(3);
    expect(await held).toBe("answer");
    await expect(inspections.hold(inspection, () => Promise.reject(notFound("nobody")))).rejects.toThrow("nobody");
    await inspections.settled();
  });

  it("fails loudly where its end cannot be recorded, and keeps what the answer threw", async () => {
    const first = witness((call) => call === 2);
    await expect(inspected(first.recorder, inspection, first.answer)).rejects.toThrow("disk full");
    const second = witness((call) => call === 2);
    const broken = inspected(second.recorder, inspection, () => Promise.reject(new Error("the client went away")));
    await expect(broken).rejects.toThrow("went away");
  });
});
