// Random histories of what surrounds the changes: refused writes, readings of audit data, credentials, asserted dates of leaving,
// keys that are gone. Beside the world stands a notebook that says the same in its own words.
import fc from "fast-check";
import { DateAsserted } from "../../src/domain/assertion-events.ts";
import {
  AttemptRejected,
  AttemptsDropped,
  AuthenticationFailed,
  InspectionBegun,
  InspectionEnded,
  KeysDestroyed,
  KeysDisclosed,
} from "../../src/domain/record-events.ts";
import {
  CredentialIssued,
  CredentialRevoked,
  CredentialSecretAdded,
  CredentialSecretRemoved,
  CredentialUsed,
  TenantCreated,
} from "../../src/domain/tenant-events.ts";
import type { ErasureOutcome } from "../../src/domain/user.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import { BEGINNING, World } from "./world.ts";

const HOUR = 3_600_000_000;
const CREDENTIALS = 3;
const USERS = 4;
const which = fc.nat(CREDENTIALS - 1);
const who = fc.nat(USERS - 1);
const sources = fc.constantFrom("workday", "bamboo");

const step = fc.oneof(
  fc.record({
    does: fc.constant("reject" as const),
    more: fc.record(
      {
        resourceType: fc.constantFrom("User", "Group"),
        resource: fc.constantFrom("one", "other"),
        scimType: fc.constantFrom("mutability", "uniqueness"),
      },
      { requiredKeys: [] },
    ),
    method: fc.constantFrom("POST", "PATCH"),
    status: fc.constantFrom(400, 403, 409),
    detail: fc.string(),
  }),
  fc.record({ does: fc.constant("drop" as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ does: fc.constant("fail" as const), count: fc.integer({ min: 1, max: 9 }), source: fc.ipV4() }),
  fc.record({
    does: fc.constant("begin" as const),
    question: fc.constantFrom("diff", "readings"),
    parameters: fc.dictionary(fc.constantFrom("id", "from"), fc.string()),
  }),
  fc.record({
    does: fc.constant("end" as const),
    inspection: fc.nat(),
    rows: fc.nat(99),
    bytes: fc.nat(),
    outcome: fc.constantFrom("complete" as const, "aborted" as const),
  }),
  fc.record({ does: fc.constant("disclose" as const), inspection: fc.nat() }),
  fc.record({
    does: fc.constant("destroyKeys" as const),
    of: fc.constantFrom("attempt" as const, "inspection" as const),
  }),
  fc.record({
    does: fc.constant("issue" as const),
    credential: which,
    expires: fc.option(fc.integer({ min: 0, max: 96 }), { nil: undefined }),
  }),
  fc.record({ does: fc.constantFrom("addSecret" as const, "removeSecret" as const), credential: which }),
  fc.record({ does: fc.constantFrom("revoke" as const, "use" as const), credential: which }),
  fc.record({ does: fc.constant("actAs" as const), credential: which }),
  fc.record({ does: fc.constantFrom("toggle" as const, "delete" as const), user: who }),
  fc.record({
    does: fc.constant("assert" as const),
    user: who,
    kind: fc.constantFrom("leaves" as const, "leaves" as const, "joins" as const),
    hours: fc.option(fc.integer({ min: -60, max: 20 })),
    source: sources,
  }),
  fc.record({
    does: fc.constant("erase" as const),
    user: who,
    reason: fc.option(fc.constantFrom("case 17", "case 18"), { nil: undefined }),
    approval: fc.option(fc.constant("TICKET-7"), { nil: undefined }),
  }),
  fc.record({ does: fc.constant("finish" as const), user: who, events: fc.nat(9) }),
  fc.record({ does: fc.constant("pass" as const), hours: fc.integer({ min: -5, max: 40 }) }),
);

interface Noted {
  readonly position: Position;
  /** The credential that did it. */
  readonly by: string;
  /** By the clock of whoever decided, microseconds. */
  readonly at: number;
}

export interface NotedAttempt extends Noted {
  /** As the answer is to have it, but for what can be read no more. */
  readonly says: Readonly<Record<string, unknown>>;
}

export interface NotedInspection extends Noted {
  readonly question: string;
  readonly parameters: Readonly<Record<string, string>>;
  ended?: Noted & { readonly rows: number; readonly bytes: number; readonly outcome: "complete" | "aborted" };
}

export interface NotedCredential extends Noted {
  readonly id: string;
  readonly does: "issue" | "addSecret" | "removeSecret" | "revoke" | "use";
  readonly secret?: string;
  readonly expiresAt?: number | undefined;
}

export interface NotedDate extends Noted {
  readonly user: string;
  readonly kind: "joins" | "leaves";
  readonly date: number | null;
  readonly source: string;
}

export interface NotedErasure extends Noted {
  readonly user: string;
  readonly reason: string | undefined;
  readonly approval: string | undefined;
  finished?: Noted & { readonly outcome: ErasureOutcome };
}

export interface Records {
  readonly world: World;
  readonly users: readonly string[];
  readonly attempts: readonly NotedAttempt[];
  readonly inspections: readonly NotedInspection[];
  readonly credentials: readonly NotedCredential[];
  readonly dates: readonly NotedDate[];
  readonly erasures: readonly NotedErasure[];
  /** Of which kinds of records nobody can read the values any more. */
  readonly unreadable: ReadonlySet<string>;
}

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

export const records: fc.Arbitrary<Records> = fc
  .array(step, { minLength: 1, maxLength: 50, size: "max" })
  .map((steps) => {
    const notebook = new Notebook();
    for (const one of steps) notebook.write(one);
    return notebook;
  });

class Notebook implements Records {
  readonly world = new World();
  readonly users: readonly string[];
  readonly attempts: NotedAttempt[] = [];
  readonly inspections: NotedInspection[] = [];
  readonly credentials: NotedCredential[] = [];
  readonly dates: NotedDate[] = [];
  readonly erasures: NotedErasure[] = [];
  readonly unreadable = new Set<string>();
  /** Live secrets by credential; undefined: never issued, null: revoked. */
  readonly #secrets: (string[] | null)[] = [];

  constructor() {
    this.world.ofTenant(TenantCreated({ name: "Acme" }));
    this.users = Array.from({ length: USERS }, (_, index) => this.world.user(`user ${index}`));
  }

  write(step: Step): void {
    const { world } = this;
    switch (step.does) {
      case "reject": {
        const { method, status, detail, more } = step;
        const position = world.record("attempt", AttemptRejected({ method, status, ...more }, { detail }));
        this.attempts.push({ ...this.#noted(position), says: { method, status, ...more, detail, count: 1 } });
        break;
      }
      case "drop": {
        const position = world.record("attempt", AttemptsDropped({ count: step.count }));
        this.attempts.push({ ...this.#noted(position), says: { count: step.count } });
        break;
      }
      case "fail": {
        const { count, source } = step;
        const minute = "2026-09-21T14:13Z";
        const position = world.record("attempt", AuthenticationFailed({ minute, count }, { source }));
        this.attempts.push({ ...this.#noted(position), says: { minute, count, source } });
        break;
      }
      case "begin": {
        const { question, parameters } = step;
        const inspection = `i-${this.inspections.length}`;
        const position = world.record("inspection", InspectionBegun({ inspection, question }, { parameters }));
        this.inspections.push({ ...this.#noted(position), question, parameters });
        break;
      }
      case "end": {
        const number = this.inspections.findIndex((one, index) => index >= step.inspection % 3 && !one.ended);
        if (number < 0) break;
        const { rows, bytes, outcome } = step;
        const ending = InspectionEnded({ inspection: `i-${number}`, rows, bytes, outcome });
        const position = world.record("inspection", ending);
        this.inspections[number]!.ended = { ...this.#noted(position), rows, bytes, outcome };
        break;
      }
      case "disclose": {
        if (this.inspections.length === 0) break;
        const inspection = `i-${step.inspection % this.inspections.length}`;
        world.record("inspection", KeysDisclosed({ inspection, events: ["event-1"] }));
        break;
      }
      case "destroyKeys":
        if (step.of === "inspection" && this.inspections.length === 0) break;
        world.record("attempt", KeysDestroyed({ names: ["2026-08"], keys: ["key"] }));
        world.destroyKey(step.of);
        this.unreadable.add(step.of);
        break;
      case "actAs":
        world.actor = { credential: `cred-${step.credential}`, name: "client", kind: "provisioning" };
        break;
      case "toggle": {
        const user = this.users[step.user]!;
        if (world.isLive(user)) world.set(user, "active", world.isEnabled(user) ? false : undefined);
        break;
      }
      case "delete":
        if (world.isLive(this.users[step.user]!)) world.delete(this.users[step.user]!);
        break;
      case "assert": {
        const { kind, source, hours } = step;
        const user = this.users[step.user]!;
        const date = hours === null ? null : world.now + hours * HOUR;
        const position = world.record("assertion", DateAsserted({ user, kind, at: date, source }));
        this.dates.push({ ...this.#noted(position), user, kind, date, source });
        break;
      }
      case "erase": {
        const user = this.users[step.user]!;
        if (this.erasures.some((one) => one.user === user)) break;
        if (world.isLive(user)) world.delete(user);
        world.approval = step.approval;
        const position = world.erase(user, step.reason);
        world.approval = undefined;
        this.erasures.push({ ...this.#noted(position), user, reason: step.reason, approval: step.approval });
        break;
      }
      case "finish": {
        const user = this.users[step.user]!;
        const erasure = this.erasures.find((one) => one.user === user);
        if (erasure === undefined || erasure.finished !== undefined) break;
        const outcome = {
          erased: { events: step.events, claims: 1 },
          remains: { events: step.events, accessIntervals: 2, recordMonths: ["2026-09"] },
        };
        erasure.finished = { ...this.#noted(world.completeErasure(user, outcome)), outcome };
        break;
      }
      case "pass":
        world.now = Math.max(BEGINNING, world.now + step.hours * HOUR);
        break;
      default:
        this.#ofCredential(step);
    }
  }

  #ofCredential({ does, credential, ...more }: Extract<Step, { credential: number }>): void {
    const id = `cred-${credential}`;
    const secrets = this.#secrets[credential];
    const note = (event: Parameters<World["ofTenant"]>[0], says: object = {}) =>
      this.credentials.push({ ...this.#noted(this.world.ofTenant(event)), id, does, ...says } as NotedCredential);
    if (does === "actAs" || (does === "issue") !== (secrets === undefined) || secrets === null) return;
    if (does === "issue") {
      const secret = `${id}-0`;
      const expires = "expires" in more ? more.expires : undefined;
      const expiresAt = expires === undefined ? undefined : this.world.now + expires * HOUR;
      this.#secrets[credential] = [secret];
      const rest = { name: `client ${id}`, kind: "provisioning" as const, profile: "lenient", hash: "00" };
      const timed = expiresAt === undefined ? {} : { expiresAt };
      note(CredentialIssued({ credential: id, scopes: ["scim:write"], secret, ...rest, ...timed }), {
        secret,
        ...timed,
      });
    }
    if (does === "addSecret") {
      const secret = `${id}-${this.world.entries.length}`;
      secrets!.push(secret);
      note(CredentialSecretAdded({ credential: id, secret, hash: "11" }), { secret });
    }
    if (does === "removeSecret" && secrets!.length > 1) {
      const secret = secrets!.shift()!;
      note(CredentialSecretRemoved({ credential: id, secret }), { secret });
    }
    if (does === "use") note(CredentialUsed({ credential: id }));
    if (does === "revoke") {
      this.#secrets[credential] = null;
      note(CredentialRevoked({ credential: id }));
    }
  }

  #noted(position: Position): Noted {
    return { position, by: this.world.actor.credential, at: this.world.now };
  }
}
