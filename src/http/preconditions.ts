// Conditional requests (RFC 9110 §13) on one resource. If-Match goes before If-None-Match; what is asked in a header that is no
// list of tags is not guessed at. Times are no conditions here: no answer has a Last-Modified.
import type { CommandOptions } from "../eventlog/provisioning.ts";
import { requireVersion } from "../eventlog/required-version.ts";
import { invalidValue } from "../scim/errors.ts";
import { quote } from "../scim/quote.ts";
import { hasVersion, parseTags, type Tags } from "./etag.ts";
import type { Exchange } from "./exchange.ts";

function tagsIn(name: string, header: string): Tags {
  const tags = parseTags(header);
  if (tags === undefined)
    throw invalidValue(
      `${name} must be * or a list of entity tags such as W/"3", with their quotation marks, not ${quote(header)}.`,
    );
  return tags;
}

/** Whether a version is one that a list of tags has. 400 for what is no such list; `name`: where it was sent. */
export function condition(name: string, tags: string): (version: number) => boolean {
  const expected = tagsIn(name, tags);
  return (version) => hasVersion(expected, version);
}

/** What a write expects of the resource's version. 400 for a condition that cannot be read: it was to protect something. */
export function writeConditions({ request: { headers } }: Exchange): CommandOptions {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
  const expected = match === undefined ? undefined : tagsIn("If-Match", match);
  const known = noneMatch === undefined ? undefined : tagsIn("If-None-Match", noneMatch);
  return {
    ...(expected === undefined ? {} : { ifMatch: (version) => hasVersion(expected, version) }),
    ...(known === undefined ? {} : { ifNoneMatch: (version) => hasVersion(known, version) }),
  };
}

/**
 * Whether the client has this version already, which is a 304. 412 where it asked for another. An If-None-Match that cannot
 * be read spares nothing and harms nothing: the answer is whole.
 */
export function isKnown({ request: { headers } }: Exchange, version: number): boolean {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
  if (match !== undefined) {
    const expected = tagsIn("If-Match", match);
    requireVersion(version, { ifMatch: () => hasVersion(expected, version) });
  }
  const known = noneMatch === undefined ? undefined : parseTags(noneMatch);
  return known !== undefined && hasVersion(known, version);
}
