// Sort keys that other documents hold.

import { compareText } from "../../../scim/comparable.ts";
import type { JsonObject } from "../../../scim/json.ts";
import type { SortKey } from "../../matches.ts";
import { inSlices } from "../reading/past.ts";
import { endsOf, rowsOf } from "../writing/membership-ends.ts";
import type { Candidate } from "./candidate.ts";
import { changesOf, metaOf } from "./last-changes.ts";
import { managerIds } from "./manager-ids.ts";
import { type Asker, elementsOf } from "./others.ts";
import type { KeySource } from "./sort-key.ts";

type Held = Extract<KeySource, { from: "change" | "groups" | "members" | "manager" }>;

/** The keys of some candidates; without one: null. */
export async function keysOf(
  asker: Asker,
  source: Held,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, SortKey>> {
  switch (source.from) {
    case "change": {
      const changes = await changesOf(asker, candidates);
      return new Map([...changes].map(([rid, change]) => [rid, metaOf(change)[source.name]]));
    }
    case "manager":
      return managerNames(asker, candidates);
    case "groups":
    case "members":
      return firstElements(asker, source.from, source.name, candidates);
    default:
      return source satisfies never;
  }
}

async function managerNames(asker: Asker, candidates: readonly Candidate[]): Promise<ReadonlyMap<number, SortKey>> {
  const managers = await managerIds(asker, candidates);
  const names = new Map<string, SortKey>();
  await inSlices([...new Set(managers.values())], async (ids) => {
    for (const { id, element } of (await elementsOf(asker, "manager", { id: { $in: ids } })).values())
      names.set(id, keyIn(element, "displayName"));
    return [];
  });
  return new Map([...managers].map(([rid, id]) => [rid, names.get(id) ?? null]));
}

interface First {
  readonly rid: number;
  readonly id: string;
  readonly key: SortKey;
}

/** Groups come in the order of their ids, members in the order of creation. */
async function firstElements(
  asker: Asker,
  on: "groups" | "members",
  name: string,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, SortKey>> {
  const { mine, other } = endsOf(on);
  const isBefore = (a: First, b: First): boolean => (on === "groups" ? compareText(a.id, b.id) < 0 : a.rid < b.rid);
  const firsts = new Map<number, First>();
  const rids = candidates.map(({ _id }) => _id);
  for await (const rows of rowsOf(asker, on, rids)) {
    const others = [...new Set(rows.map((row) => row[other]))];
    const elements = new Map(
      await inSlices(others, async (slice) => [...(await elementsOf(asker, on, { _id: { $in: slice } }))]),
    );
    for (const row of rows) {
      const found = elements.get(row[other]);
      const key = found === undefined ? null : keyIn(found.element, name);
      if (found === undefined || key === null) continue;
      const one = { rid: row[other], id: found.id, key };
      const first = firsts.get(row[mine]);
      if (first === undefined || isBefore(one, first)) firsts.set(row[mine], one);
    }
  }
  return new Map([...firsts].map(([rid, { key }]) => [rid, key]));
}

function keyIn(element: JsonObject, name: string): SortKey {
  const key = Object.hasOwn(element, name) ? element[name] : undefined;
  return typeof key === "string" ? key : null;
}
