// Entity tags (RFC 7644 §3.14, RFC 9110 §8.8.3): `W/"<version>"`, compared weakly, so that `"3"` and `W/"3"` are one.

/** The tag of a version. */
export const etagOf = (version: number): string => `W/"${version}"`;

/** `any` stands for `*`. What is no tag, or none of ours, matches nothing. */
type Tags = { readonly any: boolean; readonly opaque: ReadonlySet<string> };

function parseTags(header: string): Tags {
  if (header.trim() === "*") return { any: true, opaque: new Set() };
  const opaque = new Set<string>();
  for (const one of header.split(",")) {
    const tag = one.trim();
    const strong = tag.startsWith("W/") ? tag.slice(2) : tag;
    if (strong.length > 2 && strong.startsWith('"') && strong.endsWith('"')) opaque.add(strong.slice(1, -1));
  }
  return { any: false, opaque };
}

/** Whether a list of tags in `If-Match` or `If-None-Match` has this version. */
export function tagsMatch(header: string): (version: number) => boolean {
  const { any, opaque } = parseTags(header);
  return (version) => any || opaque.has(String(version));
}
