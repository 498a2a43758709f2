// Judges an export: makes the tree anew from the events in the folder, and asks whether its head is the one that was signed.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkNames } from "../../audit/evidence/files.ts";
import type { Checkpoint } from "../../ledger/checkpoint.ts";
import { readExported } from "../../ledger/export-file.ts";
import { sameBytes } from "../../ledger/hash.ts";
import { type AtHand, heldOf, judging, Tampered, trustedHead, type Verdict } from "../../ledger/judge.ts";
import { worthOfTree } from "../../ledger/judge-tree.ts";
import { isTreeOf } from "../../ledger/keys.ts";
import type { Policy } from "../../ledger/policy.ts";
import { Replay } from "../../ledger/replay.ts";
import type { Io } from "../io.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import { aboutText, EXPORT_FILES } from "./export.ts";

const PIECE = 1_048_576;
/** An event is smaller than the largest append; whatever says that it is longer is no event. */
const LONGEST_EVENT = 4 * 1_048_576;

export async function judgeExport(
  folder: string,
  policy: Policy | undefined,
  atHand: AtHand,
  io: Io,
): Promise<Verdict> {
  const progress = new ProgressLine(io, { what: "Verifying", say: sayCount });
  try {
    return judging(() => judge(folder, policy, atHand, (done, all) => progress.at(done, all)));
  } finally {
    progress.end();
  }
}

function judge(
  folder: string,
  policy: Policy | undefined,
  atHand: AtHand,
  onProgress: (done: number, all: number) => void,
): Verdict {
  const { held = [], above } = atHand;
  checkNames(folder, Object.values(EXPORT_FILES), "export");
  const { own: head, trusted } = trustedHead(readFileSync(join(folder, EXPORT_FILES.head), "utf8"), policy, above);
  const tenant = tenantOf(folder, head);
  if (!isTreeOf(head.origin, tenant))
    throw new Tampered(`the events are of “${tenant}”, and the head of “${head.origin}”`);
  const kept = heldOf(head.origin, held, policy);
  const replay = new Replay(
    tenant,
    kept.filter(({ size }) => size <= head.size),
  );
  for (const event of eventsIn(join(folder, EXPORT_FILES.events), () => replay.size)) {
    if (replay.size >= head.size) throw new Tampered("there are more events than the head is over", replay.size);
    replay.add(event);
    if (replay.size % 4_096 === 0) onProgress(replay.size, head.size);
  }
  const { size, root } = replay.finish();
  if (size !== head.size) throw new Tampered(`there are ${size} events and the head is over ${head.size}`, size);
  if (!sameBytes(root, head.root)) throw new Tampered("the events are not those over which the head was signed");
  return worthOfTree("export", { own: head, trusted, kept, met: replay.met }, policy, atHand);
}

/** Whose events these are. Throws Tampered where the export says otherwise of itself than its head. */
function tenantOf(folder: string, head: Checkpoint): string {
  const text = readFileSync(join(folder, EXPORT_FILES.about), "utf8");
  const { tenant } = about.safeParse(parsed(text)).data ?? {};
  if (tenant === undefined) throw new Tampered(`${EXPORT_FILES.about} names no tenant`);
  if (text !== aboutText(tenant, head))
    throw new Tampered(`${EXPORT_FILES.about} says otherwise than the head, or more`);
  return tenant;
}

const about = z.object({ tenant: z.string() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function* eventsIn(path: string, index: () => number): Generator<Parameters<Replay["add"]>[0]> {
  const file = openSync(path, "r");
  // What was read stands here until it was looked at: whoever gets an event must not keep it.
  const bytes = Buffer.allocUnsafe(PIECE + LONGEST_EVENT);
  let filled = 0;
  try {
    for (;;) {
      const count = readSync(file, bytes, filled, Math.min(PIECE, bytes.length - filled), null);
      if (count === 0) break;
      filled += count;
      let start = 0;
      const found = bytes.subarray(0, filled);
      for (let next = readExported(found, start); next !== undefined; next = readExported(found, start)) {
        yield next.event;
        start = next.end;
      }
      bytes.copyWithin(0, start, filled);
      filled -= start;
      if (filled > LONGEST_EVENT) break;
    }
    if (filled > 0) throw new Tampered("the event is cut short", index());
  } finally {
    closeSync(file);
  }
}
