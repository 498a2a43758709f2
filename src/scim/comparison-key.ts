// How strings are compared where case does not matter (`caseExact: false`, RFC 7643 §7): by the mapping rules of PRECIS
// UsernameCaseMapped (RFC 8265 §3.3.2, RFC 8264 §5.2), which are width, then case, then NFC. Nothing is refused: the
// rules that forbid spaces or certain scripts are about choosing names, not about comparing values.
//
// Keys are stored (claims, filter shadows), so any change of a result is a new version, and all that was stored is made
// anew. Samples of each version are kept under test/scim/fixtures.

export const COMPARISON_KEY_VERSION = 2;

// The <narrow> decomposition mappings of U+FF61..FF9F, in order: halfwidth punctuation and katakana.
const KATAKANA =
  "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309a";
// The <wide> mappings of U+FFE0..FFE6 and the <narrow> mappings of U+FFE8..FFEE.
const SIGNS = "¢£¬\u00af¦¥₩";
const SHAPES = "│←↑→↓■○";

/** The width mapping of one UTF-16 unit; the unit itself where Unicode has none. All of them lie in the BMP. */
const narrow = (unit: number): number => {
  if (unit === 0x3000) return 0x20;
  if (unit < 0xff01 || unit > 0xffee) return unit;
  if (unit <= 0xff5e) return unit - 0xfee0;
  if (unit <= 0xff60) return unit - 0xff5f + 0x2985;
  if (unit <= 0xff9f) return KATAKANA.charCodeAt(unit - 0xff61);
  if (unit === 0xffa0) return 0x3164;
  if (unit <= 0xffbe) return unit - 0xffa1 + 0x3131;
  if (unit <= 0xffdc) return halfwidthVowel(unit);
  if (unit >= 0xffe0 && unit <= 0xffe6) return SIGNS.charCodeAt(unit - 0xffe0);
  if (unit >= 0xffe8) return SHAPES.charCodeAt(unit - 0xffe8);
  return unit;
};

// U+FFC2..FFDC hold the Hangul vowels U+314F..3163 in rows of six, each row beginning at …2 or …A.
const halfwidthVowel = (unit: number): number => {
  const row = (unit - 0xffc2) >> 3;
  const column = (unit - 0xffc2) & 7;
  return row >= 0 && column < 6 ? 0x314f + row * 6 + column : unit;
};

const mapWidth = (text: string): string => {
  let mapped = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x3000) continue;
    const to = narrow(unit);
    if (to === unit) continue;
    mapped += text.slice(from, i) + String.fromCharCode(to);
    from = i + 1;
  }
  return from === 0 ? text : mapped + text.slice(from);
};

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

// More combining marks in a row than any writing needs. To put a run into its canonical order takes the square of its
// length, so a joiner parts it, as in Stream-Safe Text (UAX #15 §13).
const LONG_RUN = /[\p{M}--\u034f]{30}(?=[\p{M}--\u034f])/gv;
const JOINER = "\u034f";

/** NFC, in a time that grows as the text does. */
const composed = (text: string): string => text.replace(LONG_RUN, `$&${JOINER}`).normalize("NFC");

/** A small letter for each capital. A final sigma is a sigma: a part of a text has to have a part of its key. */
const inSmallLetters = (text: string): string => text.toLowerCase().replaceAll("ς", "σ");

/** Two strings are equal without regard to case exactly if their keys are equal. Any text has a key. */
export const comparisonKey = (text: string): string =>
  isAscii(text) ? text.toLowerCase() : composed(inSmallLetters(mapWidth(text).toWellFormed()));
