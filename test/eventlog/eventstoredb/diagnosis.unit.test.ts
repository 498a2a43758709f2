// A server that cannot be used is one sentence that says what to do.
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "@jest/globals";
import { sentenceOf } from "../../../src/cli/problem.ts";
import { Unavailable } from "../../../src/eventlog/event-log.ts";
import { explained } from "../../../src/eventlog/eventstoredb/diagnosis.ts";
import { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { certificate, privateKey } from "../../support/event-store/localhost-certificate.ts";
import { type Certificate, expired, ofAnother } from "../../support/event-store/unfit-certificates.ts";
import { temporaryFolders } from "../../temporary-folder.ts";

const folder = temporaryFolders();
const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const good: Certificate = { certificate, privateKey };
const secure = ({ certificate: cert, privateKey: key }: Certificate) =>
  portOf(createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => socket.destroy()));
const plain = () =>
  portOf(createServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 no\r\n\r\n")));

async function refused(address: string, ca?: string): Promise<string | undefined> {
  const caFile = join(folder(), "the authority & others 100%.pem");
  if (ca !== undefined) writeFileSync(caFile, ca);
  const limits = { attemptMs: 300, giveUpMs: 300, ...(ca === undefined ? {} : { caFile }) };
  return sentenceOf(await EventStoreEventLog.open(address, limits).catch((error: unknown) => error));
}

describe("what is wrong with a server is said where it is opened", () => {
  it("of an authority that is not trusted", async () => {
    const at = `localhost:${await secure(good)}`;
    for (const ca of [undefined, ofAnother.certificate])
      expect(await refused(`esdb://admin:s3cret@${at}?tls=true`, ca)).toBe(
        `the event store at ${at} cannot be used: its certificate is of no authority that is trusted here: name the authority's file in SCIM_LEDGER_STORE_CA`,
      );
  });

  it.each([
    ["for another host", ofAnother, /its certificate is for other host names than this one$/u],
    ["that has expired", expired, /its certificate has expired$/u],
  ])("of a certificate %s", async (_, unfit, sentence) => {
    const address = `esdb://admin:s3cret@localhost:${await secure(unfit)}?tls=true`;
    expect(await refused(address, unfit.certificate)).toMatch(sentence);
  });

  it("of TLS on one side alone", async () => {
    expect(await refused(`esdb://admin:s3cret@localhost:${await plain()}?tls=true`, certificate)).toMatch(
      /it speaks no TLS on that port: is it tls=false\?$/u,
    );
    expect(await refused(`esdb://admin:s3cret@localhost:${await secure(good)}?tls=false`)).toMatch(
      /it speaks TLS on that port, and the address says tls=false$/u,
    );
  });

  it("of each member of a cluster that has a fault", async () => {
    const [known, unknown] = [await secure(good), await secure(ofAnother)];
    const said = await refused(`esdb://admin:s3cret@localhost:${known},localhost:${unknown},localhost:1`, certificate);
    expect(said).toContain(`cannot be used: localhost:${unknown}: its certificate is of no authority`);
    expect(said).toContain("; localhost:1: nobody listens there");
    expect(said).not.toMatch(/s3cret|\n/u);
  });

  it.each([
    ["credentials that it does not know", { code: 16 }, /cannot be used: it refused the credentials/u],
    ["a user without rights, or none", { code: 7 }, /cannot be used: it does not permit what is needed/u],
    ["members that have addresses for names", { message: "… ServerName to an IP address …" }, /host names are needed/u],
  ])("of %s", async (_, cause, sentence) => {
    const error = new Unavailable("16 UNAUTHENTICATED", "no", { cause });
    expect(sentenceOf(await explained(error, "esdb://admin:s3cret@db.invalid:2113"))).toMatch(sentence);
  });

  it("and what is no fault of the server stays what it is", async () => {
    const other = new Error("none of the namespace");
    expect(await explained(other, "esdb://db.invalid:2113")).toBe(other);
  });
});
