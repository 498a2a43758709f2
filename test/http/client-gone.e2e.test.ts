import { once } from "node:events";
import { request } from "node:http";
import { expect, it } from "@jest/globals";
import { ClientGone, readJson } from "../../src/http/body.ts";
import { startServer } from "../../src/http/server.ts";
import { defaultSettings } from "./fakes.ts";

it.each([
  ["in the middle of its body", 100],
  ["after its body", 2],
])("a client that went away %s, before anybody read it, keeps nobody waiting", async (_, length) => {
  const outcome = Promise.withResolvers<unknown>();
  const arrived = Promise.withResolvers<void>();
  const server = await startServer(defaultSettings(), () => async (incoming) => {
    arrived.resolve();
    if (!incoming.destroyed) await once(incoming, "close").catch(() => undefined);
    readJson(incoming, { bodyBytes: 1_024, jsonDepth: 8 }).then(outcome.resolve, outcome.resolve);
  });
  const headers = { "Content-Type": "application/json", "Content-Length": length };
  const client = request(server.url, { method: "POST", headers }).on("error", () => {});
  client.write("{}");
  await arrived.promise;
  client.destroy();
  expect(await outcome.promise).toBeInstanceOf(ClientGone);
  await server.close();
});
