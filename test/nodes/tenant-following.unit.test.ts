import { expect, it } from "@jest/globals";
import { type EventLog, type Position, positionOf, type RecordedEvent } from "../../src/eventlog/event-log.ts";
import { followTenants } from "../../src/nodes/tenant-following.ts";

const event = (place: number, stream: string): RecordedEvent => ({
  id: `event-${place}`,
  type: "CredentialRevoked",
  envelope: "{}",
  ciphertext: null,
  stream,
  revision: 0,
  position: positionOf(place),
});

/** A log whose subscriptions give these batches, one subscription after the other, and then fail. */
function logOf(subscriptions: readonly (readonly RecordedEvent[])[][]) {
  const asked: { after: Position; prefixes: readonly string[] | undefined }[] = [];
  const rest = [...subscriptions];
  const log: Pick<EventLog, "subscribe"> = {
    async *subscribe(after, _signal, prefixes) {
      asked.push({ after, prefixes });
      yield* rest.shift() ?? [];
      throw new Error("the connection was cut");
    },
  };
  return { log, asked };
}

it("refreshes each tenant whose stream has something new, once a batch, and nothing for streams of others", async () => {
  const abort = new AbortController();
  const refreshed: string[] = [];
  const { log, asked } = logOf([
    [
      [
        event(1, "scim.tenant-acme"),
        event(2, "scim.tenant-acme"),
        event(3, "scim.user-acme:x"),
        event(4, "scim.tenant-b"),
      ],
    ],
  ]);
  const refresh = async (tenant: string) => {
    refreshed.push(tenant);
    if (tenant === "b") abort.abort();
  };
  await followTenants({ log, namespace: "scim", refresh, signal: abort.signal }, positionOf(0));
  expect(refreshed).toEqual(["acme", "b"]);
  expect(asked).toEqual([{ after: positionOf(0), prefixes: ["scim.tenant-"] }]);
});

it("goes on after a failure from the last batch that was taken in, and gets a batch again that was not", async () => {
  const abort = new AbortController();
  const failures: unknown[] = [];
  const refreshed: string[] = [];
  const { log, asked } = logOf([
    [[event(5, "scim.tenant-acme")]],
    [[event(8, "scim.tenant-b")]],
    [[event(8, "scim.tenant-b")]],
  ]);
  let isFirst = true;
  const refresh = async (tenant: string) => {
    refreshed.push(tenant);
    if (tenant !== "b") return;
    if (!isFirst) return abort.abort();
    isFirst = false;
    throw new Error("the log did not answer");
  };
  const onFailure = (error: unknown) => failures.push(error);
  await followTenants({ log, namespace: "scim", refresh, signal: abort.signal, onFailure }, positionOf(0));
  expect(asked.map(({ after }) => after)).toEqual([positionOf(0), positionOf(5), positionOf(5)]);
  expect(refreshed).toEqual(["acme", "b", "b"]);
  expect(failures).toHaveLength(2);
});
