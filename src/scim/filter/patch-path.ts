// The path of a PATCH operation (RFC 7644 §3.5.2, figure 7): PATH = attrPath / valuePath [subAttr].
import type { AttributePath } from "../attribute-path.ts";
import { type Accepts, strictly } from "../beyond.ts";
import { invalidFilter, invalidPath } from "../errors.ts";
import { quote } from "../quote.ts";
import type { Attribute, ResourceType } from "../schema/characteristics.ts";
import { findSubAttribute, resolveExtension, resolvePath, wholePath } from "../schema/lookup.ts";
import type { Filter } from "./filter.ts";
import { FILTER_LIMITS, type FilterLimits } from "./limits.ts";
import { FilterReader } from "./reader.ts";
import { SyntaxFault } from "./tokens.ts";

/**
 * An attribute, some of its elements, or a sub-attribute of either. `path` always names the whole attribute, and a
 * sub-attribute is always in `sub`: `name.familyName` and `emails[type eq "work"].value` have the same shape.
 */
export interface AttributeTarget {
  readonly path: AttributePath;
  /** Which elements, its paths relative to the element (`matchesElement`). */
  readonly filter?: Filter;
  readonly sub?: Attribute;
}

/** All attributes of an extension: the path is nothing but a URN. */
export interface ExtensionTarget {
  readonly extension: string;
}

export type PatchPath = AttributeTarget | ExtensionTarget;

/** 400 invalidPath for what is no path of the type, 400 invalidFilter for what is wrong between brackets. */
export const parsePatchPath = (
  type: ResourceType,
  text: string,
  limits: FilterLimits = FILTER_LIMITS,
  accepts: Accepts = strictly,
): PatchPath => {
  try {
    return readPath(type, new FilterReader(type, text, limits, accepts));
  } catch (fault) {
    throw fault instanceof SyntaxFault ? invalidPath(`The path is not valid: ${fault.message}.`) : fault;
  }
};

const readPath = (type: ResourceType, reader: FilterReader): PatchPath => {
  const { tokens } = reader;
  if (!tokens.isA("word")) throw new SyntaxFault(`expected an attribute name at offset ${tokens.at}`);
  const name = tokens.text;
  tokens.advance();
  const path = resolvePath(type, name);
  if (path === undefined) return readExtension(type, name, reader);
  const whole = wholePath(type, path);
  if (!tokens.isA("[")) {
    readEnd(reader);
    return path.sub === undefined ? { path: whole } : { path: whole, sub: path.sub };
  }
  if (path.attribute.subAttributes === undefined || path.sub !== undefined)
    throw new SyntaxFault(`${path.text} has no sub-attributes to filter on`);
  reader.spaced(0);
  const filter = readBrackets(reader, path);
  const sub = readSub(reader, path);
  readEnd(reader);
  return sub === undefined ? { path, filter } : { path, filter, sub };
};

const readExtension = (type: ResourceType, name: string, reader: FilterReader): ExtensionTarget => {
  const extension = resolveExtension(type, name);
  if (extension === undefined) throw new SyntaxFault(`${type.name} has no attribute ${quote(name)}`);
  readEnd(reader);
  return { extension };
};

const readBrackets = (reader: FilterReader, path: AttributePath): Filter => {
  try {
    return reader.readElement(path);
  } catch (fault) {
    throw fault instanceof SyntaxFault ? invalidFilter(`The path's filter is not valid: ${fault.message}.`) : fault;
  }
};

/** `.value` right after the closing bracket. */
const readSub = ({ tokens }: FilterReader, path: AttributePath): Attribute | undefined => {
  if (!tokens.isA("word") || !tokens.text.startsWith(".") || !tokens.isAdjacent) return undefined;
  const sub = findSubAttribute(path.attribute, tokens.text.slice(1));
  if (sub === undefined) throw new SyntaxFault(`${path.text} has no sub-attribute ${quote(tokens.text.slice(1))}`);
  tokens.advance();
  return sub;
};

const readEnd = (reader: FilterReader): void => {
  if (!reader.tokens.isA("end")) throw new SyntaxFault(`expected the end at offset ${reader.tokens.at}`);
  reader.spaced(0);
};
