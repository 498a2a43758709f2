// How far a replay is: shown by whatever walks through a stretch of history, or through all that lives in a tenant.

import { type Stated, tenantState } from "../../audit/replay/state.ts";
import type { History, Sources } from "../../audit/sources.ts";
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import type { ProgressLine } from "../progress.ts";
import type { Replay } from "./open.ts";
import { typeNames } from "./place.ts";

/** The same sources; walks through activity say where they are. */
export function watched<Store extends History>(
  sources: Sources & { readonly store: Store },
  progress: ProgressLine,
): Sources & { readonly store: Store } {
  const { store } = sources;
  let start: number | undefined;
  const activityIn: History["activityIn"] = (tenant, stretch) => {
    start ??= ordinalOf(stretch.after);
    progress.at(ordinalOf(stretch.after) - start, ordinalOf(stretch.until) - start);
    return store.activityIn(tenant, stretch);
  };
  const seen = new Proxy(store, {
    get(target, name) {
      if (name === "activityIn") return activityIn;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { ...sources, store: seen };
}

const AT_ONCE = 500;

/** Everything that lived at a position, as `tenantState` has it. */
export async function* statedAt(
  { sources }: Pick<Replay, "sources">,
  tenant: string,
  position: Position,
  progress: ProgressLine,
): AsyncGenerator<Stated> {
  const types = typeNames({ sources }, tenant);
  const all = await livesIn(sources.store, tenant, types);
  let done = 0;
  for await (const stated of tenantState(sources.store, tenant, position, types)) {
    yield stated;
    done += 1;
    progress.at(done, all);
  }
}

/** How many ever lived. */
async function livesIn(store: History, tenant: string, types: readonly string[]): Promise<number> {
  let lives = 0;
  for (const type of types)
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<History["livesOf"]>> = await store.livesOf(tenant, type, after, AT_ONCE);
      lives += page.length;
      if (page.length < AT_ONCE) break;
      after = page.at(-1)!.id;
    }
  return lives;
}
