// Events for tests of the log: sealed as the service seals them.
import { randomBytes, randomUUID } from "node:crypto";
import { sealEvent } from "../../src/eventlog/codec.ts";
import type { Append, ExpectedRevision, SealedEvent } from "../../src/eventlog/event-log.ts";
import type { JsonObject } from "../../src/scim/json.ts";

export const dataKey = { id: randomBytes(16).toString("base64url"), secret: new Uint8Array(randomBytes(32)) };

let ids = 0;

/** A UUIDv7 that no other test has. */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const rest = (ids++).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}`;
}

export const userStream = (id = newId(), namespace = "scim"): string => `${namespace}.user-acme:${id}`;

/** An event with a personal part, unless `personal` is null. */
export const sealed = (
  stream: string,
  revision: number,
  data: JsonObject = {},
  personal: JsonObject | null = { userName: "ada" },
): SealedEvent =>
  sealEvent({
    at: 1_790_000_000_000_000 + revision,
    data,
    id: randomUUID(),
    metadata: { $correlationId: randomUUID(), credential: "c1" },
    revision,
    stream,
    tenant: "acme",
    type: "UserCreated",
    version: 1,
    ...(personal !== null && { personal, key: dataKey }),
  });

/** An append of new events at a revision. */
export const appendOf = (stream: string, expected: ExpectedRevision, count = 1, data?: JsonObject): Append => {
  const first = expected === "none" ? 0 : expected + 1;
  return { stream, expected, events: Array.from({ length: count }, (_, index) => sealed(stream, first + index, data)) };
};
