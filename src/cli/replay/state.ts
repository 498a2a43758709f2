// `replay state`: a resource exactly as a GET would have answered, or a tenant as a whole.

import { StateHash, stateText } from "../../audit/replay/state.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { JsonObject } from "../../scim/json.ts";
import { printableJson } from "../printable.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import type { Replay } from "./open.ts";
import { resourceOf, timeAt } from "./place.ts";
import type { Said } from "./said.ts";
import { shownState } from "./shown-state.ts";
import { statedAt } from "./watched.ts";

export async function sayState(
  replay: Replay,
  tenant: string,
  resource: string | undefined,
  position: Position,
  said: Said,
): Promise<ExitCode> {
  return resource === undefined
    ? sayTenant(replay, tenant, position, said)
    : sayResource(replay, tenant, resource, position, said);
}

async function sayResource(
  replay: Replay,
  tenant: string,
  resource: string,
  position: Position,
  { io, json }: Said,
): Promise<ExitCode> {
  const { sources } = replay;
  const { type, id } = await resourceOf(replay, tenant, resource);
  const pieces = await sources.present(tenant, type, id, position);
  const time = await timeAt(replay, position);
  if (pieces === undefined) throw new Problem(`at position ${position} (${time}) there was no ${resource}`);
  let text = "";
  for await (const piece of pieces) text += piece;
  const hash = new StateHash();
  hash.add((await stateText(sources.store, tenant, type, id, position))!);
  const stateHash = hash.digest();
  const shown = JSON.parse(text) as JsonObject;
  if (json) io.out(JSON.stringify({ position, time, stateHash, resource: shown }));
  else {
    io.out(printableJson(shown, 2));
    io.err(`as of position ${position} (${time})`);
    io.err(`state hash ${stateHash}`);
  }
  return EXIT.ok;
}

async function sayTenant(
  replay: Replay,
  tenant: string,
  position: Position,
  { io, json, progress }: Said,
): Promise<ExitCode> {
  const hash = new StateHash();
  const counts = new Map<string, number>();
  for await (const { type, id, text } of statedAt(replay, tenant, position, progress)) {
    hash.add(text);
    counts.set(type, (counts.get(type) ?? 0) + 1);
    if (json) progress.end();
    if (json)
      io.out(
        `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"state":${shownState(replay.sources, tenant, type, text)}}`,
      );
  }
  progress.end();
  const time = await timeAt(replay, position);
  const end = { tenant, position, time, resources: Object.fromEntries(counts), stateHash: hash.digest() };
  if (json) io.out(JSON.stringify({ end }));
  else {
    io.out(`tenant ${tenant} as of position ${position} (${time})`);
    for (const [type, count] of counts) io.out(`  ${type}s: ${count}`);
    io.out(`state hash ${end.stateHash}`);
  }
  return EXIT.ok;
}
