// Everything under `/ledger/v1`: a tenant's Merkle tree as C2SP tlog-tiles has it, proofs made of it, and the same of the
// instance's tree, whose leaves name tenants: its administrators alone read those.
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import type { Inspections } from "../../audit/answers/inspections.ts";
import type { TenantLedger } from "../../audit/tenant-ledger.ts";
import { INSTANCE } from "../../ledger/keys.ts";
import { formatTilePath } from "../../ledger/tiles.ts";
import { formatVerifierKey } from "../../ledger/verifier-key.ts";
import { notFound } from "../../scim/errors.ts";
import { ADMIN_PATH } from "../admin/managing.ts";
import { inspecting } from "../audit/inspecting.ts";
import type { Exchange } from "../exchange.ts";
import { JSON_TYPE } from "../media-type.ts";
import { noSuchPath, retryLater } from "../refusal.ts";
import type { Route } from "../route.ts";
import { headSizeOf, indexOf, sizesOf, tileNameOf } from "./parameters.ts";
import { acceptRestore, type RestoringOptions } from "./restoring.ts";

const LEDGER_PATH = "/ledger/v1";
const PLAIN = "text/plain";
const BINARY = "application/octet-stream";
/** A tile's content never changes, nor does who may read it. */
const FOREVER = "private, max-age=31536000, immutable";
const SECONDS = "max-age=5";

export interface LedgerRoutesOptions extends RestoringOptions {
  readonly ledger: TenantLedger;
  readonly inspections: Inspections;
  /** Tenants whose heads anybody may read; `*`: all. */
  readonly publicCheckpoints: readonly string[];
  /** Seconds until what is new is under a signed head. */
  readonly checkpointSeconds: number;
}

/** Heads, tiles and proofs of each tenant's log and of that over all; public where the settings say so. */
export function ledgerRoutes(options: LedgerRoutesOptions): readonly Route[] {
  const { publicCheckpoints } = options;
  const isPublic = (tenant: string): boolean => publicCheckpoints.includes("*") || publicCheckpoints.includes(tenant);
  return [
    ...treeRoutes(ofInstance, () => isPublic(INSTANCE), options),
    ...treeRoutes(ofTenant, (exchange) => isPublic(exchange.param("tenant")), options),
    ofTenant("/head-proof", (exchange, tenant) => sendHeadProof(exchange, tenant, options)),
    {
      method: "POST",
      path: `${ADMIN_PATH}/tenants/:tenant/ledger/accept-restore`,
      scope: "admin",
      handle: (exchange) => acceptRestore(exchange, options),
    },
  ];
}

/** What there is of any tree. `isOpen`: whether anybody may read its heads. */
function treeRoutes(get: Get, isOpen: (exchange: Exchange) => boolean, options: LedgerRoutesOptions): readonly Route[] {
  const { ledger } = options;
  return [
    get("", async (exchange, tree) => exchange.send(200, JSON_TYPE, JSON.stringify(await ledger.status(tree)))),
    { ...get("/checkpoint", (exchange, tree) => sendCheckpoint(exchange, tree, options)), isOpen },
    { ...get("/vkey", (exchange, tree) => sendKeys(exchange, ledger, tree)), isOpen },
    get("/tile/*path", (exchange, tree) => sendTile(exchange, tree, options)),
    get("/proof", (exchange, tree) => sendProof(exchange, tree, options)),
    get("/consistency", (exchange, tree) => sendConsistency(exchange, ledger, tree)),
  ];
}

type Get = (path: string, handle: (exchange: Exchange, tree: string) => void | Promise<void>) => Route;

const ofTenant: Get = (path, handle) => ({
  method: "GET",
  path: `${LEDGER_PATH}/:tenant${path}`,
  scope: "audit:read",
  handle: (exchange) => handle(exchange, tenantOf(exchange)),
});

const ofInstance: Get = (path, handle) => ({
  method: "GET",
  path: `${LEDGER_PATH}/${INSTANCE}${path}`,
  scope: "admin",
  handle: (exchange) => handle(exchange, instanceFor(exchange)),
});

/** The tenant in the path, which must be the credential's: of any other one there is nothing to be seen. */
function tenantOf(exchange: Exchange): string {
  const tenant = exchange.param("tenant");
  if (exchange.credential !== undefined && exchange.credential.tenant !== tenant) throw noSuchPath();
  return tenant;
}

/** For whoever administers the instance; for others there is nothing to be seen. */
function instanceFor({ credential }: Exchange): string {
  if (credential !== undefined && credential.tenant !== DEFAULT_TENANT) throw noSuchPath();
  return INSTANCE;
}

function sendCheckpoint(exchange: Exchange, tenant: string, { ledger, checkpointSeconds }: LedgerRoutesOptions): void {
  const note = ledger.checkpoint(tenant);
  if (note === undefined && exchange.credential === undefined) throw noSuchPath();
  if (note === undefined) throw retryLater("No head of this ledger was signed yet.", checkpointSeconds);
  exchange.cacheControl = exchange.credential === undefined ? `public, ${SECONDS}` : `private, ${SECONDS}`;
  exchange.send(200, PLAIN, note);
}

function sendKeys(exchange: Exchange, ledger: TenantLedger, tenant: string): void {
  if (ledger.checkpoint(tenant) === undefined) throw noSuchPath();
  exchange.send(
    200,
    PLAIN,
    ledger
      .keys(tenant)
      .map((key) => `${formatVerifierKey(key)}\n`)
      .join(""),
  );
}

async function sendTile(exchange: Exchange, tenant: string, options: LedgerRoutesOptions): Promise<void> {
  const name = tileNameOf(exchange);
  if (name === undefined) throw noSuchPath();
  const { level, n, width } = name;
  if (level !== "entries") {
    const tile = await options.ledger.tile(tenant, level, n, width);
    if (tile === undefined) throw noSuchPath();
    exchange.cacheControl = FOREVER;
    exchange.sendBytes(200, BINARY, tile);
    return;
  }
  // Records say which streams changed when: reading them is reading audit data, and is told in the log.
  const parameters = { ...treeOf(tenant), bundle: formatTilePath(name) };
  await inspecting(exchange, options.inspections, "ledger-entries", parameters, async (tally) => {
    const bundle = await options.ledger.bundle(tenant, n, width);
    if (bundle === undefined) throw noSuchPath();
    exchange.cacheControl = FOREVER;
    exchange.sendBytes(200, BINARY, bundle);
    tally.rows += width;
    tally.bytes = exchange.bytesSent;
  });
}

async function sendProof(exchange: Exchange, tenant: string, options: LedgerRoutesOptions): Promise<void> {
  const { ledger, inspections, checkpointSeconds } = options;
  const asked = indexOf(exchange);
  const parameters = { ...treeOf(tenant), ...("index" in asked ? { index: String(asked.index) } : asked) };
  await inspecting(exchange, inspections, "ledger-proof", parameters, async (tally) => {
    const index = "index" in asked ? asked.index : await ledger.indexOf(tenant, asked.event);
    if (index === undefined) throw notFound("No event of this id is in the ledger.");
    const proof = await ledger.proof(tenant, index);
    if (proof === "absent") throw notFound(`The ledger has no leaf ${index}.`);
    if (proof === "unsigned")
      throw retryLater(`Leaf ${index} is not under a signed head yet; the next one covers it.`, checkpointSeconds);
    exchange.send(200, PLAIN, proof);
    tally.rows += 1;
    tally.bytes = exchange.bytesSent;
  });
}

/** What an inspection says of the tree that was looked at, where it is not the tenant's own. */
const treeOf = (tree: string): { readonly tree?: string } => (tree === INSTANCE ? { tree } : {});

/** It says nothing that the head itself does not. */
async function sendHeadProof(exchange: Exchange, tenant: string, options: LedgerRoutesOptions): Promise<void> {
  const size = headSizeOf(exchange);
  const proof = await options.ledger.headProof(tenant, size);
  if (proof === "absent")
    throw notFound(size === undefined ? "No head was signed yet." : `No head is over ${size} leaves.`);
  if (proof === "unsigned")
    throw retryLater(
      "The head is under no head of the instance yet; the next one covers it.",
      options.checkpointSeconds,
    );
  exchange.send(200, PLAIN, proof);
}

async function sendConsistency(exchange: Exchange, ledger: TenantLedger, tenant: string): Promise<void> {
  const { from, to } = sizesOf(exchange, await ledger.size(tenant));
  const hashes = await ledger.consistency(tenant, from, to);
  // Of the present size it is another answer with the next event.
  if (exchange.parameter("to") !== undefined) exchange.cacheControl = FOREVER;
  exchange.send(200, JSON_TYPE, JSON.stringify({ tenant, from, to, hashes }));
}
