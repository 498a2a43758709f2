// A resource as JSON text: the stored body as it stands, joined with what is computed when it is read (`groups`,
// `members`, `manager.displayName`, `$ref`, `meta`). Parsed only where a client asks for a part of it.
import { formatInstant } from "../../audit/answers/instant.ts";
import type { ResourceState } from "../../domain/resource-state.ts";
import type { Member, ReadResource } from "../../readstore/read-store.ts";
import type { JsonObject } from "../../scim/json.ts";
import { bodyOf } from "../../scim/resource/body.ts";
import type { Attribute, ResourceType } from "../../scim/schema/characteristics.ts";
import { enterpriseUserSchema } from "../../scim/schema/enterprise-user.ts";
import { pathsOf } from "../../scim/schema/lookup.ts";
import { type Selection, select } from "../../scim/selection.ts";
import { etagOf } from "../etag.ts";

/** Keys in a body. A quotation mark within a JSON string is escaped, so no value can look like one of them. */
const ENTERPRISE = `"${enterpriseUserSchema.id}":{`;
const MANAGER = '"manager":{';

function withManagerName(body: string, displayName: string): string {
  const within = body.indexOf(ENTERPRISE);
  const at = within < 0 ? -1 : body.indexOf(MANAGER, within) + MANAGER.length;
  if (at < MANAGER.length || body[at] === "}") return body;
  return `${body.slice(0, at)}"displayName":${JSON.stringify(displayName)},${body.slice(at)}`;
}

/** A resource as it stands in the read store, or as a command left it. */
export type Readable = Pick<
  ReadResource,
  "id" | "version" | "createdAt" | "modifiedAt" | "body" | "groups" | "managerDisplayName"
>;

export const readableOf = (type: ResourceType, id: string, state: ResourceState): Readable => ({
  id,
  version: state.version,
  createdAt: state.createdAt,
  modifiedAt: state.modifiedAt,
  body: bodyOf(type, id, state.attributes),
  groups: [],
  managerDisplayName: null,
});

/** Makes the texts of one resource type's resources. */
export class Representation {
  readonly type: ResourceType;
  readonly #metaStart: string;
  readonly #location: string;
  readonly #base: string;
  /** Not all that is stored is for every answer (`returned`). */
  readonly #isSelective: boolean;

  /** `base`: the URI of the SCIM service, without a slash at its end. */
  constructor(type: ResourceType, base: string) {
    this.type = type;
    this.#base = base;
    this.#isSelective = pathsOf(type).some(
      ({ attribute, sub }) => mayBeStored(sub ?? attribute) && isHidden(sub ?? attribute),
    );
    this.#location = `${base}${type.endpoint}/`;
    this.#metaStart = `,"meta":{"resourceType":${JSON.stringify(type.name)},"created":"`;
  }

  locationOf(id: string): string {
    return this.#location + id;
  }

  /** Everything that is stored of a resource but `members`; for this service's own eyes. */
  whole(resource: Readable): string {
    return `${this.#joined(resource)}${this.#metaOf(resource)}}`;
  }

  /** The part of it that a client asked for; `members` apart. `sent` as in `select`. */
  selected(resource: Readable, selection: Selection, sent?: ReadonlySet<string>): string {
    const isWhole = selection.mode === "default" || isAllButMembers(selection);
    if (isWhole && !this.#isSelective) return this.whole(resource);
    return JSON.stringify(select(JSON.parse(this.whole(resource)) as JsonObject, selection, sent));
  }

  #joined({ body, groups, managerDisplayName }: Readable): string {
    const joined = managerDisplayName === null ? body : withManagerName(body, managerDisplayName);
    if (groups.length === 0) return joined;
    let text = `${joined},"groups":[`;
    for (let i = 0; i < groups.length; i++) {
      const { value, display } = groups[i] as (typeof groups)[number];
      const name = display === null ? "" : `,"display":${JSON.stringify(display)}`;
      text += `${i === 0 ? "" : ","}{"value":"${value}","$ref":"${this.#base}/Groups/${value}"${name},"type":"direct"}`;
    }
    return `${text}]`;
  }

  #metaOf({ id, version, createdAt, modifiedAt }: Readable): string {
    const created = formatInstant(createdAt);
    const modified = modifiedAt === createdAt ? created : formatInstant(modifiedAt);
    return `${this.#metaStart}${created}","lastModified":"${modified}","location":"${this.#location}${id}","version":${JSON.stringify(etagOf(version))}}`;
  }

  /** One element of `members`. */
  memberText({ value, type, display }: Member): string {
    const name = display === null ? "" : `,"display":${JSON.stringify(display)}`;
    return `{"value":"${value}","$ref":"${this.#base}/${type}s/${value}","type":"${type}"${name}}`;
  }

  /** Elements of `members` without the brackets, as much of each as a client asked for; may be empty. */
  membersText(members: readonly Member[], selection: Selection): string {
    let text = "";
    for (const member of members) text += `${text === "" ? "" : ","}${this.memberText(member)}`;
    if (selection.mode === "default") return text;
    const kept = select({ members: JSON.parse(`[${text}]`) }, selection)["members"];
    return kept === undefined ? "" : JSON.stringify(kept).slice(1, -1);
  }
}

/** Version 0.2.0 stored also what is never returned, unless it was writeOnly. */
const mayBeStored = ({ mutability }: Attribute): boolean => mutability === "readWrite" || mutability === "immutable";

const isHidden = ({ returned }: Attribute): boolean => returned === "never" || returned === "request";

/** `excludedAttributes=members`, which identity providers send with every read of a group: nothing has to be parsed. */
const isAllButMembers = ({ mode, named }: Selection): boolean =>
  mode === "except" && named.size === 1 && named.has("members");
