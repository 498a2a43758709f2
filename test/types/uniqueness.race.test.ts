// Unique values of tenants' own types under concurrency, with the log's atomic appends and without.
import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { context, type Embedded, startEmbedded } from "../support/embedded.ts";

const THING = "urn:example:2.0:Thing";
const TAG = "urn:example:2.0:Tag";

describe.each([true, false])("with atomic appends: %s", (atomic) => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ atomic });
    const { definitions } = embedded.service;
    await definitions.defineSchema(
      "acme",
      { id: THING, attributes: [{ name: "code", uniqueness: "server" }] },
      context(),
    );
    const number = { name: "number", type: "integer", uniqueness: "global" };
    await definitions.defineSchema("acme", { id: TAG, attributes: [number] }, context());
    const type = { name: "Thing", endpoint: "/Things", schema: THING, schemaExtensions: [{ schema: TAG }] };
    await definitions.defineType("acme", type, context());
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  const create = async (attributes: JsonObject): Promise<string | undefined> => {
    const id = randomUUIDv7();
    const command = { type: "CreateResource", id, attributes, secrets: [] } as const;
    const written = embedded.service.provisioning.resource("Thing", command, context());
    return written.then(
      () => id,
      () => undefined,
    );
  };
  const remove = (id: string) =>
    embedded.service.provisioning.resource("Thing", { type: "DeleteResource", id }, context());

  it.each<[string, () => JsonObject]>([
    ["a text in any case", () => ({ code: Math.random() < 0.5 ? "Same" : "sAME" })],
    ["a number of an extension", () => ({ [TAG]: { number: 7 } })],
  ])("%s has one owner at a time, and is free again when that ends", async (_, attributes) => {
    for (let round = 0; round < 4; round++) {
      const made = await Promise.all(Array.from({ length: 8 }, () => create(attributes())));
      const owners = made.filter((id) => id !== undefined);
      expect(owners).toHaveLength(1);
      await remove(owners[0]!);
    }
  });
});
