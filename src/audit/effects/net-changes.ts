// What two instants differ in: the events in between, folded per attribute, element and member into what was before the first
// and is after the last. What came and went is told too: a comparison of two states would hide it.
import { ERASED } from "../../domain/event.ts";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { ScimError } from "../../scim/errors.ts";
import type { Json } from "../../scim/json.ts";
import { attributesAt } from "../answers/subject.ts";
import type { Stretch } from "../answers/window.ts";
import { type Deaths, deadIn } from "../holdings/ended-by-death.ts";
import { preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import { type Evidence, evidenceAt } from "./evidence.ts";
import { activityIn, type Happened, happened, toldBy } from "./happened.ts";
import { shownChanges } from "./secrets.ts";

export type NetKind = "created" | "deleted" | "added" | "removed" | "changed" | "reverted" | "erased";

/** One difference, with the events that made it, first to last. */
export interface NetChange {
  readonly resource: { readonly type: string; readonly id: string };
  readonly kind: NetKind;
  /** Absent where the resource itself came or went. */
  readonly path?: string;
  readonly element?: string;
  readonly member?: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly events: readonly Evidence[];
}

/** A resource that something happened to, and where. */
export interface Touched {
  readonly type: string;
  readonly id: string;
  readonly positions: readonly Position[];
  /** Where it was deleted. */
  readonly deleted?: Position | undefined;
  /** Members who died in the stretch that is looked at. */
  readonly deaths?: Deaths;
}

/** What is folded of a resource. */
export interface Folding {
  /** One membership alone. */
  readonly ofMember?: string | undefined;
  /** After which position something is a difference: memberships then end with the lives of their members. */
  readonly after?: Position | undefined;
}

/** Events that one comparison looks at. */
export const MOST_EVENTS = 200_000;

/** The resources that were touched in a stretch, in the order in which they first were. 400 tooMany beyond `MOST_EVENTS`. */
export async function touchedIn(
  sources: Sources,
  tenant: string,
  stretch: Stretch,
  asked: (activity: Activity) => boolean = () => true,
): Promise<readonly Touched[]> {
  const touched = new Map<string, { type: string; id: string; positions: Position[]; deleted?: Position }>();
  let events = 0;
  for await (const batch of activityIn(sources, tenant, stretch))
    for (const activity of batch) {
      const { resourceType: type, resourceId: id, position } = activity;
      if (type === "Tenant" || !asked(activity)) continue;
      events += 1;
      if (events > MOST_EVENTS) throw tooManyEvents();
      const one = touched.get(id) ?? { type, id, positions: [] };
      one.positions.push(position);
      if (DELETIONS.has(activity.eventType)) one.deleted = position;
      touched.set(id, one);
    }
  return [...touched.values()];
}

export const tooManyEvents = (): ScimError =>
  new ScimError(400, "tooMany", `more than ${MOST_EVENTS} events lie in this window: ask for a shorter one`);

const CREATIONS: ReadonlySet<string> = new Set(["UserCreated", "GroupCreated", "ResourceCreated"]);
const DELETIONS: ReadonlySet<string> = new Set(["UserDeleted", "GroupDeleted", "ResourceDeleted"]);

interface Item {
  readonly path?: string;
  readonly element?: string;
  readonly member?: string;
  readonly before: Json | undefined;
  after: Json | undefined;
  readonly events: Evidence[];
}

/** Net changes of one resource. */
export async function netChangesOf(
  sources: Sources,
  touched: Touched,
  { ofMember, after }: Folding = {},
): Promise<readonly NetChange[]> {
  const { type, id } = touched;
  const fold = new Fold(ofMember);
  const deaths = new Map(touched.deaths);
  let definition: Happened["type"];
  for (let start = 0; start < touched.positions.length; start += AT_ONCE) {
    const activities = await sources.store.activityAt(touched.positions.slice(start, start + AT_ONCE));
    for (const one of await happened(sources, activities)) {
      definition = one.type;
      const dead = after === undefined ? undefined : await deadIn(sources, one);
      for (const [member, at] of dead ?? []) if (at > after!) deaths.set(member, at);
      fold.add(one, await enabledBefore(sources, one), dead);
    }
  }
  const proofs = await evidenceAt(sources, deaths.values());
  for (const [member, at] of deaths) fold.end(member, proofs.get(at)!);
  return fold.result().map((change) => ({ resource: { type, id }, ...shown(definition, change) }));
}

/** Secrets are compared, and not shown. */
function shown<Change extends Pick<NetChange, "path" | "before" | "after">>(
  type: Happened["type"],
  change: Change,
): Change {
  const { path, before, after } = change;
  if (path === undefined) return change;
  const told = { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  return { ...change, ...shownChanges(type, [told])[0] };
}

const AT_ONCE = 500;

/** `active` before a deactivation: an account without it is enabled too, and the event does not say which it was. */
async function enabledBefore(sources: Sources, { event, envelope, activity }: Happened): Promise<Json | undefined> {
  if (event.type !== "UserDeactivated") return undefined;
  const subject = { tenant: envelope.tenant, type: activity.resourceType, id: activity.resourceId };
  return (await attributesAt(sources, subject, preceding(activity.position)))?.["active"];
}

class Fold {
  readonly #ofMember: string | undefined;
  readonly #items = new Map<string, Item>();
  #life: Item | undefined;
  #erased: Evidence | undefined;

  constructor(ofMember: string | undefined) {
    this.#ofMember = ofMember;
  }

  /** `dead`: members who had ended their memberships by their death. */
  add({ effects, evidence, type }: Happened, wasActive: Json | undefined, dead?: Deaths): void {
    for (const event of effects) {
      const told = toldBy(event, type);
      for (const member of told.members?.added ?? []) this.#member(member, true, evidence);
      for (const member of told.members?.removed ?? [])
        if (dead?.has(member) !== true) this.#member(member, false, evidence);
      if (this.#ofMember !== undefined) {
        // The end of a group ends its memberships, of which no event of their own tells.
        if (event.type === "GroupDeleted") this.#member(this.#ofMember, false, evidence);
        continue;
      }
      if (event.type === "UserErased") this.#erased = evidence;
      if (CREATIONS.has(event.type)) this.#lives(true, evidence);
      if (DELETIONS.has(event.type)) this.#lives(false, evidence);
      const isDisabling = event.type === "UserDeactivated";
      for (const { path, element, before, after } of told.changes) {
        const what = { path, ...(element === undefined ? {} : { element }) };
        this.#set(`${path} ${element ?? ""}`, what, isDisabling ? wasActive : before, after, evidence);
      }
    }
  }

  end(member: string, evidence: Evidence): void {
    this.#member(member, false, evidence);
  }

  #member(member: string, isMember: boolean, evidence: Evidence): void {
    if (this.#ofMember !== undefined && member !== this.#ofMember) return;
    this.#set(
      `members ${member}`,
      { path: "members", member },
      isMember ? undefined : true,
      isMember || undefined,
      evidence,
    );
  }

  #lives(lives: boolean, evidence: Evidence): void {
    this.#life ??= { before: lives ? undefined : true, after: undefined, events: [] };
    this.#life.after = lives || undefined;
    this.#life.events.push(evidence);
  }

  #set(
    key: string,
    what: Pick<Item, "path" | "element" | "member">,
    before: Json | undefined,
    after: Json | undefined,
    evidence: Evidence,
  ): void {
    const item = this.#items.get(key) ?? { ...what, before, after, events: [] };
    item.after = after;
    item.events.push(evidence);
    this.#items.set(key, item);
  }

  result(): readonly Omit<NetChange, "resource">[] {
    const rows: Omit<NetChange, "resource">[] = [];
    const life = this.#life;
    if (life !== undefined) rows.push({ kind: lifeKind(life), events: life.events });
    // Of what no longer is, the attributes went with it.
    if (life === undefined || life.after !== undefined)
      for (const item of this.#items.values()) rows.push(changeOf(item));
    if (this.#erased !== undefined) rows.push({ kind: "erased", events: [this.#erased] });
    return rows;
  }
}

const lifeKind = ({ before, after }: Item): NetKind =>
  before === undefined ? (after === undefined ? "reverted" : "created") : "deleted";

function changeOf({ path, element, member, before, after, events }: Item): Omit<NetChange, "resource"> {
  return {
    kind: kindOf(before, after),
    ...(path === undefined ? {} : { path }),
    ...(element === undefined ? {} : { element }),
    ...(member === undefined ? {} : { member }),
    ...(before === undefined || member !== undefined ? {} : { before }),
    ...(after === undefined || member !== undefined ? {} : { after }),
    events,
  };
}

function kindOf(before: Json | undefined, after: Json | undefined): NetKind {
  if (before === undefined) return after === undefined ? "reverted" : "added";
  if (after === undefined) return "removed";
  // Of two erased values nobody can say whether they were the same.
  return before !== ERASED && canonicalJson(before) === canonicalJson(after) ? "reverted" : "changed";
}
