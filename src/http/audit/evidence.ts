// GET /audit/v1/evidence/{question}: the answer to a question with all that proves it, as an archive of the evidence folder.
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Inspections, Tally, Underway } from "../../audit/answers/inspections.ts";
import { FILES } from "../../audit/evidence/files.ts";
import {
  type EvidenceRequest,
  inspectionOf,
  type MakerOptions,
  makeEvidence,
  readEvidenceRequest,
} from "../../audit/evidence/make.ts";
import { ownFolder } from "../../audit/evidence/own-folder.ts";
import type { Written } from "../../audit/evidence/write.ts";
import { within, writePiece } from "../back-pressure.ts";
import { ClientGone } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { inspecting } from "./inspecting.ts";
import { Places } from "./places.ts";
import { tarOf } from "./tar.ts";

export interface EvidenceOptions {
  readonly maker: MakerOptions;
  readonly inspections: Inspections;
}

const TAR_TYPE = "application/x-tar";
/** Leaves of the largest tree that a service carries into an archive. */
const MOST_LEAVES = 1_000_000;
/** Of an archive on its way. */
const LEAST_BYTES_PER_SECOND = 65_536;
const GRACE_MS = 60_000;

/** One packet is made at a time; whoever comes meanwhile waits or is asked to come again. */
export function evidenceRoute(path: string, { maker, inspections }: EvidenceOptions): Route {
  const places = new Places();
  return {
    method: "GET",
    path,
    scope: "audit:read",
    handle: async (exchange) => {
      const given = Object.fromEntries([...exchange.query.keys()].map((name) => [name, exchange.parameter(name)!]));
      const request = readEvidenceRequest(exchange.param("question"), given, maker.clock());
      const { question, parameters } = inspectionOf(request);
      await places.hold(exchange.admitted.tenant, () =>
        inspecting(exchange, inspections, question, parameters, (tally, underway) =>
          reply(exchange, request, { mostLeaves: MOST_LEAVES, ...maker }, { places, tally, underway }),
        ),
      );
    },
  };
}

interface Reply {
  readonly places: Places;
  readonly tally: Tally;
  readonly underway: Underway;
}

/** Nobody else waits until the client has taken it. */
async function reply(
  exchange: Exchange,
  request: EvidenceRequest,
  maker: MakerOptions,
  { places, tally, underway }: Reply,
): Promise<void> {
  const folder = ownFolder();
  try {
    await places.inTurn(async () => {
      const { findings } = await makeFor(exchange, folder, request, underway, maker);
      tally.rows = findings.rows;
    });
    const paths = Object.values(FILES).map((name) => join(folder, name));
    const size = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    await within(exchange.response, GRACE_MS + (size * 1_000) / LEAST_BYTES_PER_SECOND, () =>
      sendArchive(exchange, `${request.question.id}.tar`, tarOf(paths), tally),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives up where the client has gone away. */
async function makeFor(
  { response, admitted, requestId }: Exchange,
  folder: string,
  request: EvidenceRequest,
  underway: Underway,
  maker: MakerOptions,
): Promise<Written> {
  const mustBeThere = () => {
    if (response.destroyed) throw new ClientGone();
  };
  mustBeThere();
  const { tenant, actor } = admitted;
  const machinery = { ...maker.machinery, onProgress: mustBeThere };
  try {
    return await makeEvidence(folder, request, { tenant, actor, requestId }, underway, { ...maker, machinery });
  } catch (error) {
    mustBeThere();
    throw error;
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
