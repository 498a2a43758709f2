import type { Attribute } from "./schema/characteristics.ts";

/**
 * An attribute path resolved against a resource type (RFC 7644 §3.10): `emails.value`, `name`,
 * `urn:…:enterprise:2.0:User:manager.value`. Names are in exact schema case.
 */
export interface AttributePath {
  /** The extension's URN; absent for the resource type's own schema and the common attributes. */
  readonly extension?: string;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
  /** The canonical text: `emails.value`, `urn:…:User:department`. Unique within a resource type. */
  readonly text: string;
}

/** The text of the whole attribute's path: `emails` of `emails.value`. */
export const wholeText = ({ sub, text }: AttributePath): string =>
  sub === undefined ? text : text.slice(0, -(sub.name.length + 1));
