import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Fact } from "../../src/domain/event.ts";
import type { UserEvent } from "../../src/domain/events.ts";
import { absentUser, evolve, type UserState } from "../../src/domain/user.ts";
import { factsOf } from "../../src/eventlog/facts.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { bodyOf } from "../../src/scim/resource/body.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryUser } from "../scim/arbitraries.ts";
import { describeOnEveryLog } from "../support/both-modes.ts";
import { context, type Embedded } from "../support/embedded.ts";
import { client, set } from "../support/requests.ts";

type Step = { readonly replace: JsonObject } | { readonly patch: JsonObject[] } | { readonly again: true };

const title = fc.constantFrom("a", "b", "", "ß");
const operations = fc.oneof(
  title.map((value) => set("title", value)),
  fc.boolean().map((value) => set("active", value)),
  title.map((value) => set('emails[type eq "work"].display', value)).map((one) => ({ ...one, op: "add" })),
  fc.constant({ op: "remove", path: "emails" }),
  fc.constant({ op: "remove", path: "active" }),
  title.map((value) => ({ op: "add", path: "roles", value: [{ value: `role-${value}` }] })),
);
const steps = fc.array(
  fc.oneof(
    arbitraryUser.map((replace): Step => ({ replace: replace as JsonObject })),
    fc.array(operations, { minLength: 1, maxLength: 3 }).map((patch): Step => ({ patch })),
    fc.constant<Step>({ again: true }),
  ),
  { minLength: 1, maxLength: 8 },
);

describeOnEveryLog("what is answered is what is stored is what the events say", (start) => {
  let embedded: Embedded;
  let names = 0;
  beforeAll(async () => {
    embedded = await start();
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  const attributesOf = (user: JsonObject): JsonObject => {
    // Two elements marked primary would be refused; everything else that the generator makes can be written.
    const single = JSON.parse(
      JSON.stringify(user, (key, value) => (key === "primary" ? undefined : value)),
    ) as JsonObject;
    const { attributes } = parseResource(userType, { ...single, userName: `name-${++names}` }, "create");
    return attributes;
  };

  const folded = async (id: string): Promise<UserState> => {
    let state = absentUser;
    const recorded = await embedded.stores.log.read(`scim.user-acme:${id}`, -1);
    for (const fact of await factsOf(recorded, embedded.service.findKey))
      state = evolve(state, fact as Fact<UserEvent>);
    return state;
  };

  it("after any sequence of commands", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUser, steps, async (user, sequence) => {
        const id = randomUUIDv7();
        const { provisioning } = embedded.service;
        const create = {
          type: "CreateUser",
          id,
          attributes: attributesOf(user as JsonObject),
          password: false,
        } as const;
        let { state } = await provisioning.user(create, context());
        for (const step of sequence) {
          const before = state;
          const again = "again" in step;
          const written =
            "patch" in step
              ? await client(embedded).patchUser(id, ...step.patch)
              : await client(embedded).replaceUser(id, again ? state.attributes : attributesOf(step.replace));
          state = written.state;
          if (again) expect(written.position).toBeUndefined();
          if (written.position === undefined) expect(state.version).toBe(before.version);
          const stored = await embedded.stores.readStore.get("acme", "User", id);
          expect(stored?.body).toBe(bodyOf(userType, id, state.attributes));
          expect(stored).toMatchObject({
            version: state.version,
            createdAt: state.createdAt,
            modifiedAt: state.modifiedAt,
          });
          expect(await folded(id)).toEqual(state);
        }
      }),
      { numRuns: 60 },
    );
  });
});
