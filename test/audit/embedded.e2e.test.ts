// The questions on the embedded service as it is composed: commands in, events on disk, read models, answers.
import { randomUUIDv7 } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { inspected } from "../../src/audit/answers/inspections.ts";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Question } from "../../src/audit/answers/question.ts";
import { clientsFrom } from "../../src/audit/effects/clients.ts";
import type { TimelineRow } from "../../src/audit/effects/timeline-row.ts";
import { accessOf } from "../../src/audit/questions/access.ts";
import { membersAt } from "../../src/audit/questions/members.ts";
import { resourceAt } from "../../src/audit/questions/resource-at.ts";
import { timeline } from "../../src/audit/questions/timeline.ts";
import type { Sources } from "../../src/audit/sources.ts";
import { presentFrom } from "../../src/http/audit/present.ts";
import { context, startEmbedded } from "../support/embedded.ts";
import { ask, type Envelope } from "./asking.ts";

describe("the audit questions on the embedded service", () => {
  it("tell who had access when, granted and ended by whom, also after everybody is gone", async () => {
    await using embedded = await startEmbedded();
    const { stores, service } = embedded;
    let last = 0;
    const sources: Sources = {
      store: stores.readStore,
      log: stores.log,
      findKey: service.findKey,
      clientOf: clientsFrom(stores.log, stores.namespace, service.findKey),
      types: service.directory,
      present: presentFrom(stores.readStore, service.directory, "https://scim.example.com/scim/v2"),
      clock: () => Math.max(last, Date.now() * 1_000),
    };
    const inspect = <Row>(question: Question, parameters: Record<string, string>): Promise<Envelope<Row>> => {
      const { actor, requestId } = context();
      const inspection = { tenant: "acme", actor, requestId, question: question.id, parameters };
      return inspected(service.recorder, inspection, () => ask<Row>(question, parameters, sources));
    };
    const [ada, group] = [randomUUIDv7(), randomUUIDv7()];
    const attributes = { userName: "ada", displayName: "Ada", active: true };
    await service.provisioning.user({ type: "CreateUser", id: ada, attributes, password: false }, context());
    const granting = context();
    const made = { type: "CreateGroup", id: group, attributes: { displayName: "Admins" }, members: [ada] } as const;
    last = (await service.provisioning.group(made, granting)).state.modifiedAt;
    const asOf = formatInstant(last);
    const before = await inspect(membersAt, { id: group, asOf });
    expect(before.rows).toMatchObject([
      {
        member: { id: ada, display: "Ada" },
        effective: true,
        paths: [
          {
            since: {
              requestId: granting.requestId,
              actor: { id: "cred-1", name: "test client", kind: "provisioning" },
            },
          },
        ],
      },
    ]);
    await service.provisioning.user({ type: "DeleteUser", id: ada }, context());
    while ((await stores.readStore.groupsHolding("acme", ada)).length > 0)
      await new Promise((done) => setTimeout(done, 5));
    const again = await inspect(membersAt, { id: group, asOf });
    expect({ ...again, completeness: null, knownAt: null, subject: null }).toEqual({
      ...before,
      completeness: null,
      knownAt: null,
      subject: null,
    });
    expect((await inspect(membersAt, { id: group })).count).toBe(0);
    expect((await inspect(accessOf, { id: ada })).rows).toMatchObject([
      { kind: "account", cause: "userDeleted" },
      { kind: "group", target: group, cause: "userDeleted", ended: { type: "UserDeleted" } },
    ]);
    expect((await inspect(resourceAt, { type: "User", id: ada, asOf })).resource).toMatchObject({
      userName: "ada",
      groups: [{ value: group }],
    });
    const { rows } = await inspect<TimelineRow>(timeline, { type: "users", id: ada });
    expect(rows.map(({ type }) => type)).toEqual([
      "UserCreated",
      "GroupMembersAdded",
      "UserDeleted",
      "GroupMembersRemoved",
    ]);
  });
});
