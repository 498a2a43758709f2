import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { folderAnchor } from "../../src/ledger/file/folder-anchor.ts";
import { sha256 } from "../../src/ledger/hash.ts";
import { httpAnchor } from "../../src/ledger/http/http-anchor.ts";
import { formatNote } from "../../src/ledger/signed-note.ts";
import { noteSigner } from "../../src/ledger/signing.ts";
import { Anchoring } from "../../src/processes/anchoring.ts";
import { eventually } from "../support/requests.ts";

const signer = noteSigner("log/acme", Buffer.alloc(32, 1));
function head(size: number): string {
  const text = formatCheckpoint({ origin: "log/acme", size, root: sha256(String(size)) });
  return formatNote({ text, signatures: [signer.sign(text)] });
}

describe("anchoring", () => {
  it("does not wait for an anchor that is down, and hands over the newest head once it is up", async () => {
    const got: string[] = [];
    const failures: string[] = [];
    let isUp = false;
    const hand = async (tenant: string, note: string): Promise<void> => {
      if (!isUp) throw new Error("down");
      got.push(`${tenant} ${note}`);
    };
    const anchoring = new Anchoring({
      anchors: [{ name: "one", hand }],
      onFailure: (anchor) => failures.push(anchor),
      retry: [5, 10],
    });
    for (const note of ["1", "2", "3"]) anchoring.offer("acme", note);
    anchoring.offer("other", "9");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(anchoring.pending()).toEqual([{ anchor: "one", tenants: 2 }]);
    expect(failures).toEqual(["one"]);
    isUp = true;
    await eventually(async () => anchoring.pending()[0]?.tenants === 0);
    expect(got).toEqual(["acme 3", "other 9"]);
    await anchoring.end();
  });

  it("hands over the heads of others while one of them is refused", async () => {
    const got: string[] = [];
    const failures: string[] = [];
    const hand = async (tenant: string, note: string): Promise<void> => {
      if (tenant === "unknown") throw new Error("it answered 404");
      got.push(`${tenant} ${note}`);
    };
    const anchoring = new Anchoring({
      anchors: [{ name: "one", hand }],
      onFailure: (anchor) => failures.push(anchor),
      retry: [5, 10],
    });
    for (const tenant of ["unknown", "acme", "other"]) anchoring.offer(tenant, "1");
    await eventually(async () => got.length === 2);
    anchoring.offer("acme", "2");
    await eventually(async () => got.length === 3);
    expect(got).toEqual(["acme 1", "other 1", "acme 2"]);
    expect(anchoring.pending()).toEqual([{ anchor: "one", tenants: 1 }]);
    expect(failures).toEqual(["one"]);
    await anchoring.end();
  });

  it("ends with one more try of what is left", async () => {
    let tries = 0;
    const hand = async (): Promise<void> => {
      tries += 1;
      throw new Error("down");
    };
    const anchoring = new Anchoring({ anchors: [{ name: "one", hand }], onFailure: () => {}, retry: [60_000, 60_000] });
    anchoring.offer("acme", "1");
    await eventually(async () => tries === 1);
    await anchoring.end();
    expect(tries).toBe(2);
  });
});

it.each([
  ["does not come back", () => new Promise<void>(() => {})],
  ["fails slowly", () => sleep(40).then(() => Promise.reject(new Error("down")))],
])("ends in time though an anchor of many tenants %s", async (_, hand) => {
  let asked = 0;
  const anchor = {
    name: "slow",
    hand: () => {
      asked += 1;
      return hand();
    },
  };
  const anchoring = new Anchoring({ anchors: [anchor], onFailure: () => {}, endsWithin: 100 });
  for (let n = 0; n < 1_000; n++) anchoring.offer(`tenant${n}`, "head");
  const began = performance.now();
  await anchoring.end();
  expect(performance.now() - began).toBeLessThan(2_000);
  await sleep(100);
  const before = asked;
  await sleep(200);
  expect(asked).toBe(before);
});

it("a folder keeps each head as a file, which no other head replaces", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-anchor-"));
  const anchor = folderAnchor(folder);
  await anchor.hand("acme", head(7));
  await anchor.hand("acme", head(7));
  await anchor.hand("acme", head(12));
  const names = readdirSync(join(folder, "acme")).sort();
  expect(names).toHaveLength(2);
  expect(names[0]).toMatch(/^0000000000000007-[0-9a-f]{16}\.checkpoint$/u);
  expect(readFileSync(join(folder, "acme", names[0]!), "utf8")).toBe(head(7));
  writeFileSync(join(folder, "acme", names[0]!), "something else");
  await expect(anchor.hand("acme", head(7))).rejects.toThrow("EEXIST");
  rmSync(folder, { recursive: true });
});

it("a URL is posted the head as text, and anything but a 2xx is a failure", async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      bodies.push(`${request.method} ${request.headers["content-type"]}\n${body}`);
      response.writeHead(request.url === "/good" ? 204 : 500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await httpAnchor(`${url}/good`).hand("acme", head(3));
  expect(bodies).toEqual([`POST text/plain; charset=utf-8\n${head(3)}`]);
  await expect(httpAnchor(`${url}/bad`).hand("acme", head(3))).rejects.toThrow("it answered 500");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(httpAnchor(url).hand("acme", head(3))).rejects.toThrow();
});
