import { randomFillSync } from "node:crypto";

const random = Buffer.alloc(8 * 1024);
let used = random.length;

/** UUID v7 (RFC 9562 §5.7): ids that sort by the time of their creation, so that new rows stand side by side. */
export function newResourceId(milliseconds = Date.now()): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const time = milliseconds.toString(16).padStart(12, "0");
  const bits = random.toString("hex", used, used + 10);
  used += 16;
  const variant = ((Number.parseInt(bits[3]!, 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(0, 3)}-${variant}${bits.slice(4, 7)}-${bits.slice(7, 19)}`;
}
