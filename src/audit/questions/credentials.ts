// The credentials of a tenant as of an instant: scopes, secrets and their age, last use.
import { z } from "zod";
import type { Fact } from "../../domain/event.ts";
import type { TenantEvent } from "../../domain/events.ts";
import { absentTenant, evolve, type TenantState } from "../../domain/tenant.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import { formatInstant } from "../answers/instant.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged } from "../answers/window.ts";
import { actor } from "../effects/evidence.ts";
import { happenedIn } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";

const DAY = 86_400_000_000;

const credentialRow = z.strictObject({
  credential: z.string(),
  name: z.string(),
  kind: z.string(),
  scopes: z.array(z.string()),
  status: z.enum(["live", "expired", "revoked"]),
  issued: z.string(),
  issuedBy: actor,
  expires: z.string().nullable(),
  revoked: z.string().nullable(),
  /** Live secrets, oldest first. */
  secrets: z.array(z.strictObject({ id: z.string(), since: z.string(), ageDays: z.int() })),
  /** To the hour; null: never. */
  lastUsed: z.string().nullable(),
  unusedDays: z.int().nullable(),
});

export const credentials = question(
  "credentials",
  {
    number: [31],
    asks: "Which credentials were there, with which scopes, how old are their secrets, and when were they last used?",
    route: "/credentials",
    parameters: z.strictObject({ asOf: instant.optional(), ...paged }),
    row: credentialRow,
    golden: "a secret that was removed is gone, its credential is not; never used is not used long ago",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 1);
    const now = given.asOf ?? (await sources.store.effectiveAt(position));
    const rows = rowsOf(sources, tenant, position, now, cursor?.parts[0]);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      content: pageOf(rows, position, given.limit),
    };
  },
);

type Issuer = z.output<typeof actor>;

async function* rowsOf(
  sources: Sources,
  tenant: string,
  position: Position,
  now: number,
  passed: string | undefined,
): AsyncGenerator<Placed> {
  let state = absentTenant;
  const issuers = new Map<string, Issuer>();
  const since = new Map<string, number>();
  const stretch = { after: START, until: position, resourceType: "Tenant" };
  for await (const { event, activity, evidence } of happenedIn(sources, tenant, stretch)) {
    const known = event as TenantEvent;
    const { revision, at } = activity;
    state = evolve(state, { event: known, revision, at } satisfies Fact<TenantEvent>);
    if (known.type === "CredentialIssued") issuers.set(known.data.credential, evidence.actor);
    if (known.type === "CredentialIssued" || known.type === "CredentialSecretAdded") since.set(known.data.secret, at);
  }
  let isPassed = passed !== undefined;
  for (const credential of state.credentials.values()) {
    if (!isPassed) yield { row: rowOf(credential, issuers.get(credential.id)!, since, now), place: [credential.id] };
    if (credential.id === passed) isPassed = false;
  }
}

type Credential = TenantState["credentials"] extends ReadonlyMap<string, infer One> ? One : never;

function rowOf(
  credential: Credential,
  issuedBy: Issuer,
  since: ReadonlyMap<string, number>,
  now: number,
): z.output<typeof credentialRow> {
  const { id, name, kind, scopes, issuedAt, expiresAt, revokedAt, lastUsedAt, secrets } = credential;
  const optional = (micros: number | undefined) => (micros === undefined ? null : formatInstant(micros));
  const isExpired = expiresAt !== undefined && expiresAt <= now;
  return {
    credential: id,
    name,
    kind,
    scopes: [...scopes],
    status: revokedAt !== undefined ? "revoked" : isExpired ? "expired" : "live",
    issued: formatInstant(issuedAt),
    issuedBy,
    expires: optional(expiresAt),
    revoked: optional(revokedAt),
    secrets: [...secrets.keys()].map((secret) => {
      const from = since.get(secret) ?? issuedAt;
      return { id: secret, since: formatInstant(from), ageDays: daysBetween(from, now) };
    }),
    lastUsed: optional(lastUsedAt),
    unusedDays: lastUsedAt === undefined ? null : daysBetween(lastUsedAt, now),
  };
}

const daysBetween = (from: number, to: number): number => Math.max(0, Math.floor((to - from) / DAY));
