// GET /audit/v1/evidence/{question}: the answer to a question with all that proves it, as an archive of the evidence folder.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { FILES } from "../../audit/evidence/files.ts";
import {
  type EvidenceRequest,
  inspectionOf,
  type MakerOptions,
  makeEvidence,
  readEvidenceRequest,
} from "../../audit/evidence/make.ts";
import type { Inspections, Tally, Underway } from "../../audit/inspections.ts";
import { writePiece } from "../back-pressure.ts";
import { ClientGone } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import { retryLater } from "../refusal.ts";
import type { Route } from "../route.ts";
import { inspecting } from "./inspecting.ts";
import { tarOf } from "./tar.ts";

export interface EvidenceOptions {
  readonly maker: MakerOptions;
  readonly inspections: Inspections;
}

export const TAR_TYPE = "application/x-tar";
/** Leaves of the largest tree that a service carries into an archive. */
const MOST_LEAVES = 1_000_000;
/** With the one that is being made. */
const MOST_WAITING = 4;
const TRY_AGAIN_AFTER = 30;

export function evidenceRoute(path: string, { maker, inspections }: EvidenceOptions): Route {
  const inTurn = oneAfterTheOther();
  return {
    method: "GET",
    path,
    scope: "audit:read",
    handle: async (exchange) => {
      const given = Object.fromEntries([...exchange.query.keys()].map((name) => [name, exchange.parameter(name)!]));
      const request = readEvidenceRequest(exchange.param("question"), given, maker.clock());
      const { question, parameters } = inspectionOf(request);
      await inTurn(() =>
        inspecting(exchange, inspections, question, parameters, (tally, underway) =>
          reply(exchange, request, { mostLeaves: MOST_LEAVES, ...maker }, tally, underway),
        ),
      );
    },
  };
}

/** A history is replayed for each: one after the other leaves the service to everybody else. 503 where too many wait. */
function oneAfterTheOther(): (work: () => Promise<void>) => Promise<void> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    if (waiting >= MOST_WAITING) throw retryLater("Too much other evidence is being made.", TRY_AGAIN_AFTER);
    waiting += 1;
    const own = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = own.catch(() => undefined);
    await own;
  };
}

async function reply(
  exchange: Exchange,
  request: EvidenceRequest,
  maker: MakerOptions,
  tally: Tally,
  underway: Underway,
): Promise<void> {
  const { tenant, actor } = exchange.admitted;
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-evidence-"));
  try {
    const { requestId } = exchange;
    const { findings } = await makeEvidence(folder, request, { tenant, actor, requestId }, underway, maker);
    tally.rows = findings.rows;
    const paths = Object.values(FILES).map((name) => join(folder, name));
    await sendArchive(exchange, `${request.question.id}.tar`, tarOf(paths), tally);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sendArchive(
  exchange: Exchange,
  name: string,
  pieces: Iterable<Uint8Array>,
  tally: Tally,
): Promise<void> {
  const { response } = exchange;
  exchange.begin(200, TAR_TYPE, ["Content-Disposition", `attachment; filename="${name}"`]);
  for (const piece of exchange.request.method === "HEAD" ? [] : pieces) {
    // The piece is overwritten by the next one, which may be read before this one has left.
    await writePiece(response, Uint8Array.from(piece));
    exchange.bytesSent += piece.length;
    tally.bytes += piece.length;
  }
  const left = finished(response);
  exchange.ended(200);
  await left.catch(() => {
    throw new ClientGone();
  });
}
