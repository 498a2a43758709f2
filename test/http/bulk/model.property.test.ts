import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isObject } from "../../../src/scim/json.ts";
import { describeInBothModes } from "../../support/both-modes.ts";
import { carryOut, planOf } from "../../support/bulk.ts";
import type { Embedded } from "../../support/embedded.ts";
import { client } from "../../support/requests.ts";
import { type Act, type Kept, keyOf, Model, operationOf, type Ref } from "./model.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const MOST = 14;

const ref: fc.Arbitrary<Ref> = fc.oneof(
  { weight: 1, arbitrary: fc.nat(3).map((old): Ref => ({ old })) },
  { weight: 3, arbitrary: fc.nat(MOST).map((made): Ref => ({ made })) },
);
const name = fc.nat(9);
const members = fc.uniqueArray(ref, { maxLength: 3, selector: keyOf });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("createUser" as const),
      name,
      manager: fc.option(ref, { nil: undefined }),
      valid: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant("createGroup" as const), members }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("rename", "replaceUser"), target: ref, name }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom("add", "remove", "replaceMembers"), target: ref, members }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("deleteUser", "deleteGroup"), target: ref }) },
);

describeInBothModes("a Bulk request comes to what its operations come to one after the other", (start) => {
  let embedded: Embedded;
  let runs = 0;
  beforeAll(async () => {
    embedded = await start();
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  const before: ReadonlyMap<string, Kept> = new Map<string, Kept>([
    ["old 0", { kind: "User", name: 0, manager: undefined }],
    ["old 1", { kind: "User", name: 1, manager: undefined }],
    ["old 2", { kind: "Group", members: new Set(["old 0"]) }],
    ["old 3", { kind: "Group", members: new Set(["old 1", "old 2"]) }],
  ]);

  it.each([
    ["with references in any direction, circles and failures", undefined],
    ["up to the first errors, with failOnErrors", 2],
  ])("%s", async (_, failOnErrors) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: MOST }), async (acts) => {
        const run = ++runs;
        const { createUser, createGroup, attributes, members } = client(embedded);
        const userName = (one: number) => `run${run}-${one}`;
        const first = await createUser({ userName: userName(0) });
        const second = await createUser({ userName: userName(1) });
        const third = await createGroup("third", [first]);
        const old = [first, second, third, await createGroup("fourth", [second, third])];
        const names = { userName, idOfOld: (one: number) => old[one]! };

        const plan = planOf(acts.map((one, index) => operationOf(one, index, names)));
        const model = new Model(acts, before);
        model.run(plan.steps, failOnErrors);
        fc.pre(!model.isAmbiguous);
        const statuses = await carryOut(embedded, plan, failOnErrors === undefined ? {} : { failOnErrors });

        const isInCircle = new Set(plan.steps.filter(({ length }) => length > 1).flat());
        const told = (all: readonly (number | undefined)[]) =>
          all.map((status, index) => (isInCircle.has(index) && status !== 201 && status !== undefined ? 409 : status));
        expect(told(statuses)).toEqual(told(model.statuses));

        const idOf = (key: string): string => {
          const [kind, index] = key.split(" ") as [string, string];
          return kind === "old" ? old[Number(index)]! : plan.operations[Number(index)]!.id!;
        };
        for (const [key, kept] of model.live) {
          const found = await attributes(idOf(key), kept.kind);
          if (kept.kind === "Group") {
            expect((await members(idOf(key))).sort()).toEqual([...kept.members].map(idOf).sort());
            continue;
          }
          const extension = found?.[ENTERPRISE];
          const manager =
            isObject(extension) && isObject(extension["manager"]) ? extension["manager"]["value"] : undefined;
          expect([found?.["userName"], manager]).toEqual([
            userName(kept.name),
            kept.manager === undefined ? undefined : idOf(kept.manager),
          ]);
        }
        for (const [index, { type, id }] of plan.operations.entries()) {
          if (acts[index]!.act.startsWith("create") && !model.live.has(`made ${index}`) && type && id)
            expect(await attributes(id, type.id)).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });
});
