// What a batch leaves behind that is still on its way: whoever makes the next one ready meanwhile reads this over what is stored.
// So it does not matter whether a read met the batch or came before it.
import type { ResourceKey } from "../../view-writer.ts";
import type { HoldDocument, Holding, MemberDocument, ResourceDocument } from "../documents.ts";

/** Interval rows that a batch touched, by what tells them apart: the one that is open now, or none. */
export type Touched<Row> = ReadonlyMap<string, Row | undefined>;

export interface Left {
  /** As they read now. */
  readonly resources: readonly ResourceDocument[];
  /** In which groups each member is that was touched, by number. */
  readonly holdings: ReadonlyMap<number, Holding>;
  readonly members: Touched<MemberDocument>;
  readonly holds: Touched<HoldDocument>;
}

const nameOf = (tenant: string, id: string): string => `${tenant}/${id}`;

export class Ahead {
  /** By tenant and id. */
  readonly #resources = new Map<string, ResourceDocument[]>();
  readonly #left: Left;

  constructor(left: Left) {
    this.#left = left;
    for (const document of left.resources) {
      const name = nameOf(document.tenant, document.id);
      this.#resources.set(name, [...(this.#resources.get(name) ?? []), document]);
    }
  }

  /** Nothing is on its way. */
  static readonly nothing = new Ahead({ resources: [], holdings: new Map(), members: new Map(), holds: new Map() });

  resource({ tenant, type, id }: ResourceKey): ResourceDocument | undefined {
    return this.#resources.get(nameOf(tenant, id))?.find((document) => document.type === type);
  }

  /** Of whatever type. */
  named(tenant: string, id: string): ResourceDocument | undefined {
    return this.#resources.get(nameOf(tenant, id))?.at(-1);
  }

  /** A resource that was read, with its groups as they are now. */
  withHolding<Found extends Pick<ResourceDocument, "_id"> & Holding>(found: Found): Found {
    const holding = this.#left.holdings.get(found._id);
    return holding === undefined ? found : { ...found, ...holding };
  }

  /** Open rows of members that were read, by group and member, as they are now. */
  correctMembers(open: Map<string, MemberDocument>, wanted: ReadonlySet<string>): void {
    for (const key of wanted) correct(open, key, this.#left.members);
  }

  /** Open rows of these holders that were read, as they are now. */
  correctHolds(open: Map<string, HoldDocument>, holders: ReadonlySet<string>): void {
    for (const key of this.#left.holds.keys()) if (holders.has(holderOf(key))) correct(open, key, this.#left.holds);
  }
}

/** The number of the resource that a key of an interval of `holds` begins with. */
const holderOf = (key: string): string => key.slice(0, key.indexOf("-"));

function correct<Row>(open: Map<string, Row>, key: string, touched: Touched<Row>): void {
  if (!touched.has(key)) return;
  const row = touched.get(key);
  if (row === undefined) open.delete(key);
  else open.set(key, row);
}
