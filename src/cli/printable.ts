// Words of others as they may stand on a terminal: servers and files are not to move its cursor, or to paint over lines.

const REPLACEMENT = "\ufffd";

/** Control characters, but for tabs and the ends of lines, are replaced. */
export const printable = (text: string): string =>
  text.replace(/\r\n|\p{Cc}/gu, (found) =>
    found === "\r\n" || found === "\n" || found === "\t" ? found : REPLACEMENT,
  );

/** The same on one line. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, REPLACEMENT);

/** JSON of this very value. JSON lets U+007F to U+009F stand as they are, and terminals obey these too: they are escaped. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
