// What the client's own code does when its connection is closed under a call, as it closes it itself when a leader is gone.

import { binaryEvent } from "@eventstore/db-client";
import { afterEach, expect, it } from "@jest/globals";
import { disposeOf, fencedClient } from "../../../src/eventlog/eventstoredb/fenced-client.ts";
import { EventStoreDouble } from "../../support/event-store/double.ts";
import { newId } from "../sealed-events.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const CREDENTIALS = { username: "keeper", password: "secret" };
const event = () => binaryEvent({ id: newId(), type: "Tried", data: new Uint8Array(1) });

async function connected() {
  const double = await new EventStoreDouble().start();
  closing.push(() => double.stop());
  const client = fencedClient(double.address, undefined);
  closing.push(() => disposeOf(client));
  await client.appendToStream("before", event());
  const { getChannel } = client as unknown as { getChannel(): Promise<{ close(): void }> };
  return { client, close: async () => (await getChannel()).close() };
}

it("an append by a call of its own fails when the connection was closed, and rejects nothing that nobody holds", async () => {
  const { client, close } = await connected();
  const unheld: unknown[] = [];
  const note = (reason: unknown) => void unheld.push(reason);
  process.on("unhandledRejection", note);
  closing.push(() => process.off("unhandledRejection", note));
  await close();
  const settled = await Promise.race([
    client.appendToStream("after", event(), { credentials: CREDENTIALS }).then(String, String),
    new Promise((resolve) => setTimeout(resolve, 2_000, "nothing")),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([settled, unheld]).toEqual([expect.stringContaining("Channel has been shut down"), []]);
});
