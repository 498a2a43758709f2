// The keys that an evidence folder discloses: a line for each event, the index of its leaf and its key in hex.

import { join } from "node:path";
import { commitmentOf, keyCommitment } from "../../eventlog/codec.ts";
import { Tampered } from "../../ledger/judge.ts";
import { Turns } from "../answers/turns.ts";
import { FILES, piecesOf } from "./files.ts";
import type { CarriedHistory } from "./history.ts";

export const keyLine = (index: number, key: Uint8Array): string => `${index} ${Buffer.from(key).toString("hex")}\n`;

/** Longer than any line. */
const LONGEST_LINE = 100;
const LINE = /^(0|[1-9][0-9]{0,15}) ([0-9a-f]{64})$/u;

/** Holds each key to the commitment of its event. Throws Tampered. */
export async function readKeys(folder: string, history: CarriedHistory): Promise<ReadonlyMap<number, Uint8Array>> {
  const keys = new Map<number, Uint8Array>();
  let last = -1;
  const turns = new Turns();
  for (const line of linesOf(join(folder, FILES.keys))) {
    await turns.pause();
    const [, text, hex] = LINE.exec(line) ?? [];
    if (text === undefined) throw new Tampered(`${FILES.keys} has a line that is no index and key`);
    const index = Number(text);
    if (index <= last) throw new Tampered(`${FILES.keys} is not in the order of its leaves`, index);
    if (index < history.size && !history.isCarried(index)) throw history.missing(index);
    if (index >= history.size || !history.leaves.isSealed(index))
      throw new Tampered(`${FILES.keys} has a key for an event that is not there or not sealed`, index);
    const key = Buffer.from(hex!, "hex");
    if (Buffer.compare(keyCommitment(key), commitmentOf(history.event(index).ciphertext!)) !== 0)
      throw new Tampered(`${FILES.keys} has a key that is not the one that the leaf commits to`, index);
    keys.set(index, key);
    last = index;
  }
  return keys;
}

function* linesOf(path: string): Generator<string> {
  let rest = "";
  for (const piece of piecesOf(path)) {
    const lines = (rest + piece.toString("latin1")).split("\n");
    rest = lines.pop()!;
    yield* lines;
    // A file of one endless line is not to be gathered.
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest !== "") throw new Tampered(`${FILES.keys} does not end with a line`);
}
