// Words of others as they may stand on a terminal: servers and files are not to move its cursor, to paint over lines, or to turn
// the order of what is read.

const REPLACEMENT = "\ufffd";

/** What a terminal obeys: control characters, ends of lines, and Unicode's Bidi_Control, which shows text in another order. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const OBEYED_OR_LINE_END = new RegExp(`\r\n|${OBEYED.source}`, "gu");
/** What JSON lets stand as it is, of these. */
const OBEYED_IN_JSON = /[\u007f-\u009f\p{Bidi_Control}\u2028\u2029]/gu;

/** All of that, but for tabs and the ends of lines, is replaced. */
export const printable = (text: string): string =>
  text.replace(OBEYED_OR_LINE_END, (found) =>
    found === "\r\n" || found === "\n" || found === "\t" ? found : REPLACEMENT,
  );

/** The same on one line. */
export const oneLine = (text: string): string => text.replace(OBEYED, REPLACEMENT);

/** JSON of this very value, in which a terminal finds nothing to obey. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    OBEYED_IN_JSON,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
