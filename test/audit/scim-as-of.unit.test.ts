// `?asOf=` on SCIM reads goes by the audit's rules: the service's own clock, and read models that are level with the log.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { ask, startService, type TestService } from "../http/fakes.ts";

describe("a SCIM read as of an instant", () => {
  const now = 1_800_000_000_000_123;
  let service: TestService;
  let head = 7;
  beforeAll(async () => {
    service = await startService(
      {},
      {
        moments: {
          store: { position: () => positionOf(7), positionAt: () => positionOf(3) },
          log: { head: async () => positionOf(head) },
          clock: () => now,
          patience: 20,
        },
      },
    );
  });
  afterAll(() => service.close());
  const read = (instant: string) => ask(service, `GET /scim/v2/Users?asOf=${instant}`, { token: service.auditor });

  it("may be of the very microsecond of the service's clock, and of none after it", async () => {
    expect((await read(formatInstant(now))).headers.get("scim-ledger-position")).toBe(positionOf(3));
    expect((await read(formatInstant(now + 1))).body).toMatchObject({ status: "400", scimType: "invalidValue" });
  });

  it("is refused, to be tried again, while the read models are behind the log", async () => {
    head = 8;
    const { status, headers } = await read(formatInstant(now));
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    head = 7;
  });
});
