// Parameters that name somebody or something. An answer without rows about what never was would read as “nothing”, so such an
// answer is a 404 with the name. Looked at only where there are no rows: whatever has rows, was.
import { readEnvelope } from "../../eventlog/envelope.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import type { RecordKind } from "../../readstore/walks.ts";
import { ScimError } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import { actorOf, requestOf } from "../effects/evidence.ts";
import { tenantAt } from "../effects/tenant-at.ts";
import { sourcesOfDates } from "../holdings/assertions.ts";
import type { Sources } from "../sources.ts";
import { subjectOf } from "./subject.ts";

/** What a parameter can be the name of. */
export type Named = "credential" | "request" | "group" | "source";

/** By parameter. */
export type Names = Readonly<Record<string, Named>>;

type Check = (sources: Sources, tenant: string, name: string, through: Position) => Promise<void>;

/** Throws ScimError (404) for the first parameter that names what never was in this tenant. */
export async function refuseUnknown(
  sources: Sources,
  tenant: string,
  names: Names,
  given: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const through = await sources.store.position();
  for (const [parameter, named] of Object.entries(names)) {
    const name = given[parameter];
    if (name !== undefined) await CHECKS[named](sources, tenant, name, through);
  }
}

const CHECKS: Readonly<Record<Named, Check>> = {
  async credential(sources, tenant, name, through) {
    const stretch = { after: START, until: through };
    if ((await sources.store.activityIn(tenant, { ...stretch, actor: name, limit: 1 })).length > 0) return;
    if ((await tenantAt(sources, tenant, through)).credentials.has(name)) return;
    if (await isRecorded(sources, tenant, stretch, (envelope) => actorOf(envelope).id === name)) return;
    throw neverWas(`there never was a credential ${quote(name)} in this tenant, and no event is by it`);
  },

  async request(sources, tenant, name, through) {
    const stretch = { after: START, until: through };
    if ((await sources.store.activityIn(tenant, { ...stretch, request: name, limit: 1 })).length > 0) return;
    if (await isRecorded(sources, tenant, stretch, (envelope) => requestOf(envelope) === name)) return;
    throw neverWas(`no event is of a request ${quote(name)}: it changed nothing, or there never was such a request`);
  },

  async group(sources, tenant, name) {
    await subjectOf(sources, tenant, "Group", name);
  },

  async source(sources, tenant, name, through) {
    const known = await sourcesOfDates(sources, tenant, through);
    if (known.has(name)) return;
    const others = [...known].slice(0, MOST_TOLD).map(quote).join(", ");
    throw neverWas(`nobody ever asserted a date with the source ${quote(name)}${others && `; there is ${others}`}`);
  },
};

const MOST_TOLD = 10;

const neverWas = (detail: string): ScimError => new ScimError(404, undefined, detail);

const KINDS: readonly RecordKind[] = ["attempt", "inspection", "assertion"];
const AT_ONCE = 500;

/** Whether a refused request, a reading or an assertion is such. */
async function isRecorded(
  { store, log }: Sources,
  tenant: string,
  { after, until }: { readonly after: Position; readonly until: Position },
  is: (envelope: ReturnType<typeof readEnvelope>) => boolean,
): Promise<boolean> {
  for (const kind of KINDS)
    for (let last = after; ; ) {
      const places = await store.recordsOf(tenant, kind, last, until, AT_ONCE);
      if ((await log.readAt(places)).some((recorded) => is(readEnvelope(recorded)))) return true;
      if (places.length < AT_ONCE) break;
      last = places.at(-1)!;
    }
  return false;
}
