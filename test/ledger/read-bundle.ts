// What a follower of a tile log does with an entry bundle (C2SP tlog-tiles).

/** The records of a bundle; undefined where it is cut short. */
export function readBundle(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 < bytes.length ? at + 2 + bytes[at]! * 256 + bytes[at + 1]! : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
