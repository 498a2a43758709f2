// What a credential, a request or a stretch of time did: whom it touched, what they gained and lost by it, and what of that
// is still in force.
import { z } from "zod";
import type { DomainEvent } from "../domain/event.ts";
import type { GroupEvent, ResourceEvent, TenantEvent, UserEvent } from "../domain/events.ts";
import type { Position } from "../eventlog/event-log.ts";
import { foreignCursor, isPosition } from "./cursor.ts";
import { evidence } from "./evidence.ts";
import { type Happened, happenedIn, withoutPersonal } from "./happened.ts";
import { type Holding, Holdings } from "./holdings.ts";
import { holdsAt, preceding } from "./intervals.ts";
import { level } from "./moment.ts";
import { type Placed, pageOf, pinned } from "./page.ts";
import { id, question } from "./question.ts";
import { displayAtOrLast, typed } from "./rows.ts";
import type { Sources } from "./sources.ts";
import { paged, type Stretch, stretchOf, windowed } from "./window.ts";

const EFFECTS = [
  "created",
  "changed",
  "disabled",
  "enabled",
  "deleted",
  "erased",
  "gained",
  "lost",
  "administered",
] as const;

export const blastRow = z.strictObject({
  subject: typed,
  effect: z.enum(EFFECTS),
  /** What was gained or lost: a group, role or entitlement. */
  kind: z.enum(["group", "role", "entitlement"]).nullable(),
  target: z.string().nullable(),
  /** Attributes that changed. */
  paths: z.array(z.string()),
  /** Whether it still is as this event left it; null where that cannot be told. */
  inForce: z.boolean().nullable(),
  /** What was gained ended, and was granted anew by another event; or what was lost was given back. */
  regranted: z.boolean(),
  evidence,
});
type Row = z.output<typeof blastRow>;

export const blastRadius = question(
  "blast-radius",
  {
    number: [9],
    asks: "What did a credential, a request or a window of time do to whom, and what of it is still in force?",
    route: "/blast-radius",
    parameters: z
      .strictObject({ actor: id.optional(), request: id.optional(), ...windowed, ...paged })
      .refine((given) => [given.actor, given.request, given.from].some((one) => one !== undefined), {
        message: "actor: name a credential (actor), a request, or the start of a window (from)",
      }),
    row: blastRow,
    golden: "the same membership, removed and granted anew by somebody else, is not in force by this credential",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 2);
    const stretch = await stretchOf(sources, through, given);
    const [after = stretch.after, index = "-1"] = cursor?.parts ?? [];
    if (!isPosition(after) || !Number.isSafeInteger(Number(index))) throw foreignCursor();
    const radius = new Radius(sources, tenant, through);
    const rows = radius.rows(stretch, given, cursor === undefined ? undefined : [after, Number(index)]);
    return {
      window: given,
      position: through,
      through,
      content: pageOf(rows, through, given.limit),
    };
  },
);

type Effect = Pick<Row, "effect" | "kind" | "target" | "inForce" | "regranted"> & {
  readonly subject: { readonly type: string; readonly id: string };
  readonly paths?: readonly string[];
};

/** Subjects that are remembered at once. */
const MOST_REMEMBERED = 10_000;

/** Effects of events on whoever they touched. */
export class Radius {
  readonly #sources: Sources;
  readonly #tenant: string;
  readonly #through: Position;
  readonly #holdings: Holdings;
  readonly #held = new Map<string, readonly Holding[]>();
  readonly #types = new Map<string, string>();
  readonly #names = new Map<string, string | null>();

  constructor(sources: Sources, tenant: string, through: Position) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#through = through;
    this.#holdings = new Holdings(sources.store, tenant, through);
  }

  async *rows(
    stretch: Stretch,
    by: { readonly actor?: string | undefined; readonly request?: string | undefined },
    passed?: readonly [Position, number],
  ): AsyncGenerator<Placed> {
    const first = passed === undefined ? stretch.after : preceding(passed[0]);
    const asked = ({ requestId }: { requestId: string }) => by.request === undefined || requestId === by.request;
    for await (const one of happenedIn(
      withoutPersonal(this.#sources),
      this.#tenant,
      { ...stretch, after: first, actor: by.actor },
      asked,
    )) {
      const { position } = one.activity;
      for (const [index, effect] of (await this.#effectsOf(one)).entries()) {
        if (passed !== undefined && position === passed[0] && index <= passed[1]) continue;
        yield { row: await this.#row(effect, one), place: [position, String(index)] };
      }
    }
  }

  async #row({ subject, paths = [], ...effect }: Effect, { evidence: found }: Happened): Promise<Row> {
    const display = await this.#nameOf(subject);
    return { subject: { ...subject, display }, ...effect, paths: [...paths], evidence: found };
  }

  /** Remembered, as what they held: the same persons come again and again. */
  async #nameOf(subject: Effect["subject"]): Promise<string | null> {
    if (subject.type === "Tenant") return null;
    const known = this.#names.get(subject.id);
    if (known !== undefined) return known;
    const name = await displayAtOrLast(this.#sources, this.#tenant, subject, this.#through);
    if (this.#names.size >= MOST_REMEMBERED) this.#names.clear();
    this.#names.set(subject.id, name);
    return name;
  }

  async #effectsOf(one: Happened): Promise<readonly Effect[]> {
    const found: Effect[] = [];
    for (const event of one.effects) found.push(...(await this.#effects(event, one)));
    return found;
  }

  async #effects(event: DomainEvent, { activity }: Happened): Promise<readonly Effect[]> {
    const { position, resourceType: type, resourceId: of } = activity;
    const subject = { type, id: of };
    const plain = (effect: Row["effect"], inForce: boolean | null): Effect => ({
      ...{ subject, effect, kind: null, target: null, inForce, regranted: false },
    });
    const named = event as UserEvent | GroupEvent | ResourceEvent | TenantEvent;
    switch (named.type) {
      case "UserCreated":
        return [plain("created", await this.#lives(of)), ...(await this.#roles(subject, position))];
      case "GroupCreated":
      case "ResourceCreated":
        return [plain("created", await this.#lives(of))];
      case "UserAttributesChanged": {
        const { paths } = named.data;
        const changed = { ...plain("changed", await this.#stands(of, position, paths)), paths };
        return [changed, ...(await this.#roles(subject, position))];
      }
      case "ResourceAttributesChanged":
      case "GroupAttributesChanged": {
        const { paths } = named.data;
        return [{ ...plain("changed", await this.#stands(of, position, paths)), paths }];
      }
      case "UserDeactivated":
        return [plain("disabled", await this.#stands(of, position, ["active"]))];
      case "UserReactivated":
        return [plain("enabled", await this.#stands(of, position, ["active"]))];
      case "UserDeleted":
      case "GroupDeleted":
      case "ResourceDeleted":
        return [plain("deleted", true)];
      case "UserErased":
        return [plain("erased", true)];
      case "GroupMembersAdded":
        return Promise.all(named.data.members.map((member) => this.#membership(member, of, position, "gained")));
      case "GroupMembersRemoved":
        return Promise.all(named.data.members.map((member) => this.#membership(member, of, position, "lost")));
      case "CredentialUsed":
      case "UserPasswordSet":
      case "UserSecretsSet":
      case "ResourceSecretsSet":
      case "UserErasureCompleted":
      case "ClaimRevoked":
      case "GroupChangeBegun":
      case "GroupChangeCompleted":
      case "GroupChangeAbandoned":
        return [];
      default:
        return [{ ...plain("administered", null), target: targetOf(named) }];
    }
  }

  async #lives(of: string): Promise<boolean> {
    const life = await this.#sources.store.lifetime(this.#tenant, of);
    return life !== undefined && (life.to === null || life.to > this.#through);
  }

  async #membership(member: string, group: string, position: Position, effect: "gained" | "lost"): Promise<Effect> {
    const held = (await this.#heldBy(member)).filter(({ kind, target }) => kind === "group" && target === group);
    const subject = { type: await this.#typeOf(member), id: member };
    return { subject, effect, kind: "group", target: group, ...this.#force(held, position, effect) };
  }

  async #heldBy(subject: string): Promise<readonly Holding[]> {
    const held = this.#held.get(subject) ?? (await this.#holdings.read(subject));
    if (this.#held.size >= MOST_REMEMBERED) this.#held.clear();
    this.#held.set(subject, held);
    return held;
  }

  async #typeOf(id: string): Promise<string> {
    const known = this.#types.get(id) ?? (await this.#sources.store.lifetime(this.#tenant, id))?.type ?? "User";
    if (this.#types.size >= MOST_REMEMBERED) this.#types.clear();
    this.#types.set(id, known);
    return known;
  }

  /** Roles and entitlements that began or ended with an event. */
  async #roles(subject: Effect["subject"], position: Position): Promise<readonly Effect[]> {
    const all = (await this.#heldBy(subject.id)).filter(({ kind }) => kind === "role" || kind === "entitlement");
    const touched = all.filter(({ from, to }) => from === position || to === position);
    return touched.map(({ kind, target, from }) => {
      const effect = from === position ? "gained" : "lost";
      const same = all.filter((one) => one.kind === kind && one.target === target);
      return { subject, effect, kind: kind as "role" | "entitlement", target, ...this.#force(same, position, effect) };
    });
  }

  #force(held: readonly Holding[], position: Position, effect: "gained" | "lost") {
    const now = held.filter((one) => holdsAt(one, this.#through));
    const inForce = effect === "gained" ? now.some(({ from }) => from === position) : now.length === 0;
    return { inForce, regranted: !inForce && now.length > 0 };
  }

  /** Whether no later event changed any of these attributes. */
  async #stands(of: string, position: Position, paths: readonly string[]): Promise<boolean> {
    if (!(await this.#lives(of))) return false;
    for (let after = position; ; ) {
      const later = await this.#sources.store.activityOf(this.#tenant, of, after, LATER_AT_ONCE, this.#through);
      if (later.some((one) => one.resourceId === of && one.paths.some((path) => paths.includes(path)))) return false;
      if (later.length < LATER_AT_ONCE) return true;
      after = later.at(-1)!.position;
    }
  }
}

const LATER_AT_ONCE = 100;

function targetOf({ data }: TenantEvent): string | null {
  if ("credential" in data) return data.credential;
  if ("group" in data) return data.group;
  return "groups" in data ? data.groups.join(" ") : null;
}
