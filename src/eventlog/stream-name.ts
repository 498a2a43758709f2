// Names of streams: `<namespace>.<category>-<tenant>[:<part>…]`. They carry no personal data, and only a name
// that parses completely is ours.

/** What a stream is about. */
export type StreamName =
  | { readonly category: "user" | "group"; readonly tenant: string; readonly id: string }
  | { readonly category: "resource"; readonly tenant: string; readonly type: string; readonly id: string }
  | { readonly category: "claim"; readonly tenant: string; readonly mac: string }
  | { readonly category: "client"; readonly tenant: string; readonly client: string }
  | { readonly category: "tenant" | "ledger"; readonly tenant: string }
  | {
      readonly category: "attempt" | "inspection" | "assertion";
      readonly tenant: string;
      readonly day: string;
      readonly node: string;
    };

export type StreamCategory = StreamName["category"];

const TENANT = "(?<tenant>[a-z0-9]{1,40}|_system)";
/** Whose ledger: a tenant's, or that over the heads of all. */
const LEDGER = "(?<tenant>[a-z0-9]{1,40}|_system|_instance)";
const ID = "(?<id>[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})";
const TYPE = "(?<type>[A-Za-z][A-Za-z0-9]*)";
/** HMAC-SHA-256 in base64url. */
const MAC = "(?<mac>[A-Za-z0-9_-]{43})";
/** The first half of one. */
const CLIENT = "(?<client>[A-Za-z0-9_-]{22})";
const DAY = "(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})";
const NODE = "(?<node>[a-z0-9-]{1,40})";

const SHAPES = {
  user: [TENANT, ID],
  group: [TENANT, ID],
  resource: [TENANT, TYPE, ID],
  claim: [TENANT, MAC],
  client: [TENANT, CLIENT],
  tenant: [TENANT],
  ledger: [LEDGER],
  attempt: [TENANT, DAY, NODE],
  inspection: [TENANT, DAY, NODE],
  assertion: [TENANT, DAY, NODE],
} satisfies Record<StreamCategory, readonly string[]>;

const PATTERNS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries(SHAPES).map(([category, parts]) => [category, new RegExp(`^${parts.join(":")}$`, "u")]),
);

const NAMESPACE = /^[a-z][a-z0-9]{0,39}$/u;
export const DEFAULT_NAMESPACE = "scim";

/** Whether a text can be a log's namespace. */
export const isNamespace = (text: string): boolean => NAMESPACE.test(text);

/** Builds a stream's name. Throws RangeError where a part does not fit, so that no part can smuggle in another. */
export function formatStreamName(namespace: string, name: StreamName): string {
  const rest = partsOf(name).join(":");
  if (!isNamespace(namespace) || !PATTERNS.get(name.category)!.test(rest))
    throw new RangeError(`“${namespace}.${name.category}-${rest}” is not a stream's name`);
  return `${namespace}.${name.category}-${rest}`;
}

function partsOf(name: StreamName): readonly string[] {
  switch (name.category) {
    case "user":
    case "group":
      return [name.tenant, name.id];
    case "resource":
      return [name.tenant, name.type, name.id];
    case "claim":
      return [name.tenant, name.mac];
    case "client":
      return [name.tenant, name.client];
    case "tenant":
    case "ledger":
      return [name.tenant];
    case "attempt":
    case "inspection":
    case "assertion":
      return [name.tenant, name.day, name.node];
  }
}

/** What a stream is about; undefined for a name that is not ours. */
export function parseStreamName(namespace: string, text: string): StreamName | undefined {
  const dash = text.indexOf("-");
  if (dash < 0 || text[namespace.length] !== "." || !text.startsWith(namespace)) return undefined;
  const category = text.slice(namespace.length + 1, dash);
  const parts = PATTERNS.get(category)?.exec(text.slice(dash + 1))?.groups;
  return parts === undefined ? undefined : ({ category, ...parts } as StreamName);
}
