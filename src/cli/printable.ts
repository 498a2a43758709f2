// Words of others as they may stand on a terminal: servers and files are not to move its cursor, or to paint over lines.

const REPLACEMENT = "\ufffd";

/** Control characters, but for tabs and the ends of lines, are replaced. */
export const printable = (text: string): string =>
  text.replace(/\r\n|\p{Cc}/gu, (found) =>
    found === "\r\n" || found === "\n" || found === "\t" ? found : REPLACEMENT,
  );

/** The same on one line. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, REPLACEMENT);
