// Entity tags (RFC 7644 §3.14, RFC 9110 §8.8.3): `W/"<version>"`, compared weakly, so that `"3"` and `W/"3"` are one. RFC 9110
// would have If-Match compare strongly, by which no weak tag ever matches; SCIM's own examples send weak ones.

/** The tag of a version. */
export const etagOf = (version: number): string => `W/"${version}"`;

/** What `If-Match` or `If-None-Match` lists: any tag at all, or these opaque tags, without their quotation marks. */
export type Tags = "*" | ReadonlySet<string>;

const isBlank = (unit: string | undefined): boolean => unit === " " || unit === "\t";

/** RFC 9110 §8.8.3: visible characters but the quotation mark, and what is beyond ASCII. A comma is one of them. */
const isOfTag = (code: number): boolean => code === 0x21 || (code >= 0x23 && code !== 0x7f);

/** The tags of a list, which may have empty elements (RFC 9110 §5.6.1.2); undefined where it is none. */
export function parseTags(header: string): Tags | undefined {
  if (header.trim() === "*") return "*";
  const tags = new Set<string>();
  for (let at = 0; at < header.length; at++) {
    while (isBlank(header[at])) at++;
    if (at === header.length) break;
    if (header[at] === ",") continue;
    if (header.startsWith("W/", at)) at += 2;
    const end = endOfTag(header, at);
    if (end === undefined) return undefined;
    tags.add(header.slice(at + 1, end));
    at = end + 1;
    while (isBlank(header[at])) at++;
    if (at < header.length && header[at] !== ",") return undefined;
  }
  return tags;
}

/** Where the closing quotation mark is of the one at `start`. */
function endOfTag(header: string, start: number): number | undefined {
  if (header[start] !== '"') return undefined;
  let at = start + 1;
  while (at < header.length && isOfTag(header.charCodeAt(at))) at++;
  return header[at] === '"' ? at : undefined;
}

/** Whether tags have this version. */
export const hasVersion = (tags: Tags, version: number): boolean => tags === "*" || tags.has(String(version));
