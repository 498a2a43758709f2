// What the ledger's figures are measured on is what it is said to be.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { writeExport } from "../../bench/ledger/synthetic-export.ts";
import { startService, WITHOUT_LEDGER } from "../../bench/servers/scim-ledger.ts";
import { formatVerifierKey } from "../../src/ledger/verifier-key.ts";
import { runHere } from "../cli/command.ts";
import { temporaryFolder } from "../support/embedded.ts";

const root = temporaryFolder();
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  ["with its ledger", [], true],
  ["without", WITHOUT_LEDGER, false],
] as const)("a service %s has leaves, or none, and takes writes", async (name, options, has) => {
  await using service = await startService(join(root, name), { nodeOptions: options });
  const { host, port, base, token } = service.target;
  const url = `http://${host}:${port}`;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json" };
  const body = JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "ada" });
  const written = await fetch(`${url}${base}/Users`, { method: "POST", headers, body });
  expect([written.status, written.headers.has("SCIM-Ledger-Index")]).toEqual([201, has]);
  const { size } = (await (await fetch(`${url}/ledger/v1/default`, { headers })).json()) as { size: number };
  expect(size > 0).toBe(has);
});

it("the export that is verified holds", async () => {
  const folder = join(root, "export");
  const key = writeExport(folder, 5_000);
  const { code, stdout } = await runHere(["verify", folder, "--key", formatVerifierKey(key)]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^SIGNED: .* size 5000,/u)]);
});
