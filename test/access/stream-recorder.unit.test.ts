import { expect, it } from "@jest/globals";
import { systemActor } from "../../src/access/recorder.ts";
import { StreamRecorder } from "../../src/access/stream-recorder.ts";
import { AttemptRejected, InspectionBegun } from "../../src/domain/record-events.ts";
import { openEvents } from "../../src/eventlog/codec.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { startEmbedded } from "../support/embedded.ts";

const of = (event: Parameters<StreamRecorder["record"]>[2][number]["event"]) => [
  { event, actor: systemActor, requestId: "r" },
];
const refused = AttemptRejected({ method: "POST", status: 400 }, { detail: "userName: is missing" });
const asked = InspectionBegun({ inspection: "i", question: "timeline" }, { parameters: { id: "x" } });

it("attempts and inspections of a tenant and month are under one key, over restarts and processes", async () => {
  await using embedded = await startEmbedded({ tenants: ["acme", "globex"] });
  let now = Date.parse("2026-11-30T23:00:00Z") * 1_000;
  const recorder = () => new StreamRecorder({ ...embedded.stores, clock: () => now++ });
  const [one, other] = [recorder(), recorder()];
  await Promise.all([one.record("acme", "attempt", of(refused)), other.record("acme", "inspection", of(asked))]);
  await one.record("globex", "attempt", of(refused));
  await embedded.restart();
  await recorder().record("acme", "attempt", of(refused));
  now += 7_200_000_000;
  await recorder().record("acme", "attempt", of(refused));

  const { log, vault } = embedded.stores;
  const recorded = (await log.readAll(START, 1_000)).filter(({ stream }) => /attempt|inspection/u.test(stream));
  const opened = await openEvents(recorded, (tenant, id) => vault.open(tenant, id));
  const keysOf = (tenant: string) =>
    opened.filter(({ envelope }) => envelope.tenant === tenant).map(({ envelope }) => envelope.key);
  const [november, , again, december] = keysOf("acme");
  expect(keysOf("acme")).toEqual([november, november, november, december]);
  expect(again).not.toBe(december);
  expect(keysOf("globex")).not.toContain(november);
  expect(opened.map(({ personal }) => personal)).not.toContain("erased");

  await vault.destroy("acme", [november!]);
  const left = (await openEvents(recorded, (tenant, id) => vault.open(tenant, id))).map(({ personal }) => personal);
  expect(left.filter((personal) => personal === "erased")).toHaveLength(3);
});
