// Numbers in JSON that no double holds (RFC 7643 §2.3.3, §2.3.4): they would come back as others. Each is read as infinite, which
// is no value of any attribute, so that the refusal can name the one that it was given to.

const [ZERO, NINE, PLUS, MINUS, POINT, SMALL_E, BLANK] = [0x30, 0x39, 0x2b, 0x2d, 0x2e, 0x65, 0x20];

/** Numbers of fewer digits, and without an exponent, are held exactly. */
export const LONG_NUMBER = 16;

export const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
export const isExponent = (byte: number): boolean => (byte | BLANK) === SMALL_E;

const isOfNumber = (byte: number | undefined): boolean =>
  byte !== undefined && (isDigit(byte) || isExponent(byte) || byte === POINT || byte === MINUS || byte === PLUS);

/** JSON, shorter than any number that is not held exactly and not infinite already. */
const INFINITE = new TextEncoder().encode("1e999");

/** The text with the numbers at these places, of which each is in another one, in what they are read as. The same if all are exact. */
export function withInexactInfinite(bytes: Uint8Array, places: readonly number[]): Uint8Array {
  let result = bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const place of places) {
    let [start, end] = [place, place + 1];
    while (isOfNumber(bytes[start - 1])) start -= 1;
    while (isOfNumber(bytes[end])) end += 1;
    if (end - start < INFINITE.length || isExact(text.toString("latin1", start, end))) continue;
    if (result === bytes) result = bytes.slice();
    result.fill(BLANK, start, end).set(INFINITE, start);
  }
  return result;
}

/** Whether a number comes back as it was sent. What is no number is left to the parser. */
export function isExact(text: string): boolean {
  const value = Number(text);
  const back = String(value);
  if (Number.isFinite(value) && (text === back || digitsOf(text) === digitsOf(back))) return true;
  return !isJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Equal texts for numbers that are equal but for their sign. */
function digitsOf(text: string): string {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = whole + fraction;
  let [start, end] = [0, digits.length];
  while (start < end && digits[start] === "0") start += 1;
  while (end > start && digits[end - 1] === "0") end -= 1;
  if (start === end) return "0";
  return `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
