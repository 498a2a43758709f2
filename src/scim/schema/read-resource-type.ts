// A resource type from its JSON, as `/ResourceTypes` shows it (RFC 7643 §6): it names its schemas by their URNs.
import { quote } from "../quote.ts";
import { isEndpoint, isTypeName, LONGEST_NAME, LONGEST_TYPE_NAME, LONGEST_URN } from "./names.ts";
import { Members } from "./read-json.ts";

/** A resource type that names its schemas. */
export interface TypeDefinition {
  /** Also its id (draft-ietf-scim-interop-profile): the part of stream names. */
  readonly name: string;
  readonly endpoint: string;
  readonly description: string;
  readonly schema: string;
  readonly extensions: readonly { readonly schema: string; readonly required: boolean }[];
}

const MOST_EXTENSIONS = 20;
const LONGEST_DESCRIPTION = 1_000;

const MEMBERS = ["schemas", "id", "name", "description", "endpoint", "schema", "schemaExtensions", "meta"];

/** 400 invalidSyntax or invalidValue says what is wrong. Whether the schemas exist is not looked at. */
export function readResourceType(json: unknown): TypeDefinition {
  const members = new Members(json, "The resource type", MEMBERS);
  const name = members.text("name", LONGEST_NAME);
  if (!isTypeName(name))
    throw members.wrong(
      "name",
      `${quote(name)} must be a letter, then letters and digits, ${LONGEST_TYPE_NAME} in all.`,
    );
  if (members.text("id", LONGEST_NAME, name) !== name) throw members.wrong("id", `must be the name, ${quote(name)}.`);
  const endpoint = members.text("endpoint", LONGEST_NAME);
  if (!isEndpoint(endpoint))
    throw members.wrong("endpoint", `${quote(endpoint)} must be a slash, a letter, then letters and digits.`);
  return Object.freeze({
    name,
    endpoint,
    description: members.text("description", LONGEST_DESCRIPTION, ""),
    schema: members.text("schema", LONGEST_URN),
    extensions: readExtensions(members),
  });
}

function readExtensions(members: Members): TypeDefinition["extensions"] {
  const list = members.list("schemaExtensions", MOST_EXTENSIONS) ?? [];
  const extensions = list.map((one, index) => {
    const extension = new Members(one, `schemaExtensions[${index}]`, ["schema", "required"]);
    return Object.freeze({ schema: extension.text("schema", LONGEST_URN), required: extension.flag("required") });
  });
  if (new Set(extensions.map(({ schema }) => schema.toLowerCase())).size < extensions.length)
    throw members.wrong("schemaExtensions", "names a schema twice.");
  return Object.freeze(extensions);
}
