// A start waits for the read models as long as they move or answer, and no longer.
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { Visibility } from "../../src/eventlog/visibility.ts";
import { caughtUp, positionWithin } from "../../src/stores/caught-up.ts";

const at = positionOf;
const short = { lookEvery: 5, silentFor: 60 };

it("resolves once all that was in the log is visible, and tells how far it is", async () => {
  const visibility = new Visibility(at(0), 5_000);
  const told: string[] = [];
  const waited = caughtUp(visibility, at(10), { ...short, onStart: (progress) => told.push(progress) });
  visibility.advance(at(5));
  await pause(20);
  visibility.advance(at(10));
  await waited;
  expect(told.at(-1)).toMatch(/50 % of what was missing$/u);
});

it("ends in a sentence where the read models do not answer any more", async () => {
  const visibility = new Visibility(at(0), 5_000);
  visibility.stall("they cannot be reached");
  await expect(caughtUp(visibility, at(10), { ...short, onStart: () => undefined })).rejects.toThrow(
    "the read models stopped answering",
  );
});

it("goes on where they answer again in time", async () => {
  const visibility = new Visibility(at(0), 5_000);
  const waited = caughtUp(visibility, at(10), { ...short, onStart: () => undefined });
  for (const place of [2, 4, 6, 8, 10]) {
    visibility.stall("they cannot be reached");
    await pause(30);
    visibility.advance(at(place));
    await pause(20);
  }
  await waited;
});

it("read models that other nodes write meanwhile are not taken for those of a log that was set back", async () => {
  let written = 5;
  const others = async (): Promise<number> => {
    written += 10;
    return written;
  };
  const log = { head: async () => at(written) };
  expect(await positionWithin(log, { position: async () => at(await others()) })).toBe(at(15));
  const ahead = positionWithin(log, { position: async () => at(99) });
  await expect(ahead).rejects.toThrow("at position 99 of a log that ends at 15: it is another log, or it was set back");
});
