import { expect, it } from "@jest/globals";
import { newResourceId } from "../../src/eventlog/resource-id.ts";
import { context, startEmbedded } from "../support/embedded.ts";

it("a user is created and read", async () => {
  await using embedded = await startEmbedded();
  const { provisioning } = embedded.service;
  const id = newResourceId();
  const written = await provisioning.user({ type: "CreateUser", id, attributes: { userName: "ada" }, password: false }, context());
  expect(written.state.attributes).toEqual({ userName: "ada" });
  const read = await embedded.stores.readStore.get("acme", "User", id);
  expect(read).toMatchObject({ id, version: 0 });
});
