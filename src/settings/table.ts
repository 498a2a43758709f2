// Every setting, one row each. Types, checks, messages and the table for operators come from here.
import { FILTER_LIMITS } from "../scim/filter/limits.ts";
import { defaultPatchLimits } from "../scim/patch/operations.ts";
import {
  ADMIN_TOKEN_LENGTH,
  parseAdminToken,
  parseBaseUrl,
  parseNamespace,
  parseNetworks,
  parseNodeName,
  parseTenants,
  parseWitnesses,
} from "./parsers.ts";
import { integer, oneOf, parsed, type Setting, text, yesOrNo } from "./setting.ts";
import { EVENT_STORE_MAY, eventStoreAt, KEYS_MAY, keysAt, READ_STORE_MAY, readStoreAt } from "./store-address.ts";

export const settingsTable = {
  host: text({ env: "HOST", says: "The address to listen on.", may: "an address or host name", default: "127.0.0.1" }),
  port: integer({ env: "PORT", says: "The port to listen on; 0 takes a free one.", default: "3000" }, 0, 65_535),
  data: text({ env: "SCIM_LEDGER_DATA", says: "The data folder.", may: "a path", default: "./data" }),
  baseUrl: parsed(
    {
      env: "SCIM_LEDGER_BASE_URL",
      says: "How clients reach the service; every `meta.location` begins with it. Without it: scheme, HOST and PORT.",
      may: "an http or https URL without query and fragment",
    },
    parseBaseUrl,
  ),
  adminToken: parsed(
    {
      env: "SCIM_LEDGER_ADMIN_TOKEN",
      says: "A bearer token with every scope on the tenant `default`, for automation.",
      may: `at least ${ADMIN_TOKEN_LENGTH} characters without blanks`,
      secret: true,
    },
    parseAdminToken,
  ),
  schemas: text({
    env: "SCIM_LEDGER_SCHEMAS",
    says: "Schemas and resource types to define at every start: a JSON file, or a folder of them.",
    may: "a path",
  }),
  eventStore: parsed(
    {
      env: "SCIM_LEDGER_EVENT_STORE",
      says: "Where the event log is kept: in the data folder, or in EventStoreDB.",
      may: EVENT_STORE_MAY,
      default: "sqlite",
      secret: true,
    },
    eventStoreAt,
  ),
  namespace: parsed(
    {
      env: "SCIM_LEDGER_NAMESPACE",
      says: "What names of streams begin with, fixed by a log's first start, and which log of an EventStoreDB that holds several is this service's. Without it: that of the log which is there, and `scim` for a new one.",
      may: "lower-case letters and digits, at most 40, a letter first",
    },
    parseNamespace,
  ),
  beginLog: yesOrNo({
    env: "SCIM_LEDGER_BEGIN_LOG",
    says: "Whether a log of that namespace may be begun in an EventStoreDB that holds another one. For the first start alone: later, a wrong namespace would begin an empty log.",
    default: "false",
  }),
  readStore: parsed(
    {
      env: "SCIM_LEDGER_READ_STORE",
      says: "Where the read models are kept: in the data folder, or in MongoDB (a replica set).",
      may: READ_STORE_MAY,
      default: "sqlite",
      secret: true,
    },
    readStoreAt,
  ),
  keys: parsed(
    {
      env: "SCIM_LEDGER_KEYS",
      says: "Where the data keys are kept: in the data folder, or in MongoDB. Without it: in MongoDB where the read models are, in the data folder otherwise.",
      may: KEYS_MAY,
      secret: true,
    },
    keysAt,
  ),
  storeCa: text({
    env: "SCIM_LEDGER_STORE_CA",
    says: "The authorities that sign the certificates of EventStoreDB and of a MongoDB with `tls=true`, PEM. Without it: those that the system trusts.",
    may: "a path",
  }),
  rootKey: text({
    env: "SCIM_LEDGER_ROOT_KEY",
    says: "The file of the root key, the same on every node, where the data keys are in MongoDB. Without it: `root.key` in the data folder, made by the first start.",
    may: "a path",
  }),
  node: parsed(
    {
      env: "SCIM_LEDGER_NODE",
      says: "What this node is called in logs and in the lease, where there are several. Without it: the name of the host.",
      may: "1 to 40 of the characters a-z, 0-9 and -",
    },
    parseNodeName,
  ),
  tlsCert: text({ env: "SCIM_LEDGER_TLS_CERT", says: "The TLS certificate chain, PEM.", may: "a path" }),
  tlsKey: text({ env: "SCIM_LEDGER_TLS_KEY", says: "The key of the TLS certificate, PEM.", may: "a path" }),
  trustedProxies: parsed(
    {
      env: "SCIM_LEDGER_TRUSTED_PROXIES",
      says: "Proxies whose X-Forwarded-For is believed.",
      may: "IP addresses or networks (10.0.0.0/8) joined by commas",
    },
    parseNetworks,
  ),
  allowPlainHttp: yesOrNo({
    env: "SCIM_LEDGER_ALLOW_PLAIN_HTTP",
    says: "Whether to listen beyond loopback without TLS and without a proxy that has it: tokens travel in clear.",
    default: "false",
  }),
  bodyBytes: integer(
    { env: "SCIM_LEDGER_BODY_BYTES", says: "The largest request body, bytes.", default: String(8 * 1_048_576) },
    1_024,
    268_435_456,
  ),
  jsonDepth: integer({ env: "SCIM_LEDGER_JSON_DEPTH", says: "How deep JSON may nest.", default: "32" }, 8, 500),
  filterLength: integer(
    {
      env: "SCIM_LEDGER_FILTER_LENGTH",
      says: "The longest filter, characters.",
      default: String(FILTER_LIMITS.length),
    },
    100,
    16_384,
  ),
  filterDepth: integer(
    { env: "SCIM_LEDGER_FILTER_DEPTH", says: "How deep a filter may nest.", default: String(FILTER_LIMITS.depth) },
    2,
    100,
  ),
  filterTerms: integer(
    { env: "SCIM_LEDGER_FILTER_TERMS", says: "Comparisons in a filter.", default: String(FILTER_LIMITS.terms) },
    1,
    1_000,
  ),
  patchOperations: integer(
    {
      env: "SCIM_LEDGER_PATCH_OPERATIONS",
      says: "Operations in one PATCH.",
      default: String(defaultPatchLimits.operations),
    },
    1,
    100_000,
  ),
  bulkOperations: integer(
    { env: "SCIM_LEDGER_BULK_OPERATIONS", says: "Operations in one Bulk request.", default: "1000" },
    1,
    10_000,
  ),
  bulkBytes: integer(
    {
      env: "SCIM_LEDGER_BULK_BYTES",
      says: "The largest body of a Bulk request, bytes; it is apart from that of all other requests.",
      default: String(4 * 1_048_576),
    },
    1_024,
    268_435_456,
  ),
  pageSize: integer(
    { env: "SCIM_LEDGER_PAGE_SIZE", says: "Resources on a page without `count`.", default: "100" },
    1,
    10_000,
  ),
  maxPageSize: integer(
    { env: "SCIM_LEDGER_MAX_PAGE_SIZE", says: "The most resources on a page.", default: "1000" },
    1,
    10_000,
  ),
  cursorSeconds: integer(
    {
      env: "SCIM_LEDGER_CURSOR_SECONDS",
      says: "How long a cursor may be used for the next page of a list, seconds.",
      default: "3600",
    },
    1,
    604_800,
  ),
  visibilityWaitMs: integer(
    {
      env: "SCIM_LEDGER_VISIBILITY_WAIT_MS",
      says: "How long a write waits for the read models before it answers 503, milliseconds.",
      default: "15000",
    },
    100,
    120_000,
  ),
  failedAuthenticationsPerMinute: integer(
    {
      env: "SCIM_LEDGER_FAILED_AUTHENTICATIONS_PER_MINUTE",
      says: "Failed authentications of one client address (of IPv6: its /64) that are answered 401; further ones get 429.",
      default: "30",
    },
    1,
    100_000,
  ),
  recordMonths: integer(
    {
      env: "SCIM_LEDGER_RECORD_MONTHS",
      says: "For how many whole months before this one refused requests and audit questions can be read; then their keys are destroyed. Without it: for good.",
    },
    1,
    1_200,
  ),
  drainMs: integer(
    {
      env: "SCIM_LEDGER_DRAIN_MS",
      says: "How long requests may take to finish at the end, milliseconds.",
      default: "20000",
    },
    0,
    600_000,
  ),
  ledgerFolder: text({
    env: "SCIM_LEDGER_LEDGER_FOLDER",
    says: "Where the ledger's signing keys and last heads are kept, best on another volume than the log. Without it: `ledger` in the data folder.",
    may: "a path",
  }),
  checkpointSeconds: integer(
    {
      env: "SCIM_LEDGER_CHECKPOINT_SECONDS",
      says: "After how long new events are under a signed head of the ledger, seconds.",
      default: "60",
    },
    1,
    86_400,
  ),
  checkpointEvents: integer(
    {
      env: "SCIM_LEDGER_CHECKPOINT_EVENTS",
      says: "After how many new events they are so at once.",
      default: "10000",
    },
    1,
    10_000_000,
  ),
  anchorFolder: text({
    env: "SCIM_LEDGER_ANCHOR_FOLDER",
    says: "Where each signed head of the ledger is kept as a file, such as storage that does not let files be changed.",
    may: "a path",
  }),
  anchorUrl: parsed(
    {
      env: "SCIM_LEDGER_ANCHOR_URL",
      says: "Where each signed head of the ledger is posted to, as text.",
      may: "an http or https URL without query and fragment",
    },
    parseBaseUrl,
  ),
  anchoredHeads: oneOf(
    {
      env: "SCIM_LEDGER_ANCHORED_HEADS",
      says: "Which signed heads are handed to the folder, the URL and the witnesses: those of all tenants, or that of the instance alone, which is over them.",
      default: "all",
    },
    ["all", "instance"],
  ),
  witnesses: parsed(
    {
      env: "SCIM_LEDGER_WITNESSES",
      says: "C2SP witnesses that are asked to cosign each head of the ledger.",
      may: "a verifier key, a blank and a URL for each, joined by commas",
    },
    parseWitnesses,
  ),
  publicCheckpoints: parsed(
    {
      env: "SCIM_LEDGER_PUBLIC_CHECKPOINTS",
      says: "Tenants whose signed heads and verifier keys anybody may read, as witnesses must; without it, auditors alone.",
      may: "ids of tenants joined by commas, `_instance` for the head over all of them, or `*` for all",
    },
    parseTenants,
  ),
  logLevel: oneOf(
    { env: "SCIM_LEDGER_LOG_LEVEL", says: "What is logged; `debug` logs every request.", default: "info" },
    ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
  ),
} as const satisfies Record<string, Setting<unknown>>;

type Table = typeof settingsTable;
type Optional = { [Name in keyof Table]: Table[Name] extends { readonly default: string } ? never : Name }[keyof Table];
/** What each row makes of its text. */
type ValueOf<Name extends keyof Table> = ReturnType<Table[Name]["parse"]>;

/** Names of the settings that may be absent. */
export const WITHOUT_DEFAULT = [
  "baseUrl",
  "adminToken",
  "schemas",
  "namespace",
  "keys",
  "storeCa",
  "rootKey",
  "node",
  "tlsCert",
  "tlsKey",
  "trustedProxies",
  "ledgerFolder",
  "anchorFolder",
  "anchorUrl",
  "witnesses",
  "publicCheckpoints",
  "recordMonths",
] as const satisfies Optional[];
type Absent = (typeof WITHOUT_DEFAULT)[number];

/** All settings, checked. */
export type Settings = {
  readonly [Name in Exclude<keyof Table, Absent>]: ValueOf<Name>;
} & { readonly [Name in Absent]?: ValueOf<Name> };

/** Where the data keys are. */
export const keysIn = ({ keys, readStore }: Pick<Settings, "keys" | "readStore">): "file" | "mongodb" =>
  keys?.engine ?? (readStore.engine === "mongodb" ? "mongodb" : "file");

/** Whether other nodes may write to the same log and read models. */
export const isShared = ({ eventStore, readStore }: Pick<Settings, "eventStore" | "readStore">): boolean =>
  eventStore.engine !== "sqlite" && readStore.engine !== "sqlite";
