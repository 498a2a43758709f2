const LONGEST = 80;

/** A client's own words inside an error's `detail`: quoted, and cut where they would drown the sentence. */
export const quote = (text: string): string => `“${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}”`;
