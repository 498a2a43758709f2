// Who is a member, as far as it is known: a persistent set in layers, so that a change of one member of 100 000 costs the
// same as of ten. Small layers are merged into their elders when they have grown to half their size.

type Layer = ReadonlyMap<string, boolean>;

export class MemberSet {
  readonly #layer: Layer;
  readonly #older: MemberSet | undefined;
  /** True when every member is known: an id that is not named is no member. */
  readonly complete: boolean;

  private constructor(layer: Layer, older: MemberSet | undefined, complete: boolean) {
    this.#layer = layer;
    this.#older = older;
    this.complete = complete;
  }

  /** The members of a group that has no others. */
  static of(members: Iterable<string>): MemberSet {
    return new MemberSet(new Map(Array.from(members, (id) => [id, true])), undefined, true);
  }

  /** Nothing is known yet. */
  static readonly unknown = new MemberSet(new Map(), undefined, false);

  /** Whether the id is a member; undefined where that is not known. */
  knows(id: string): boolean | undefined {
    for (let set: MemberSet | undefined = this; set !== undefined; set = set.#older) {
      const known = set.#layer.get(id);
      if (known !== undefined) return known;
    }
    return this.complete ? false : undefined;
  }

  /** How many ids something is known of: what the set costs in memory. */
  get weight(): number {
    return this.#layer.size + (this.#older?.weight ?? 0);
  }

  /** Whether the id is a member; it must be known. */
  has(id: string): boolean {
    const known = this.knows(id);
    if (known === undefined) throw new Error(`whether ${id} is a member was not loaded before the decision`);
    return known;
  }

  /** The set after ids became (true) or ceased to be (false) members. */
  with(changes: Iterable<readonly [id: string, member: boolean]>): MemberSet {
    let layer = new Map(changes);
    if (layer.size === 0) return this;
    let older: MemberSet | undefined = this;
    while (older !== undefined && older.#layer.size <= 2 * layer.size) {
      const merged = new Map(older.#layer);
      for (const [id, member] of layer) merged.set(id, member);
      layer = merged;
      older = older.#older;
    }
    return new MemberSet(layer, older, this.complete);
  }

  /** Adds what was looked up; facts that are known already win, as they are newer. */
  learn(ids: Iterable<string>, members: ReadonlySet<string>): MemberSet {
    return this.with(
      Array.from(ids)
        .filter((id) => this.knows(id) === undefined)
        .map((id) => [id, members.has(id)] as const),
    );
  }

  /** All members; the set must be complete. */
  ids(): ReadonlySet<string> {
    if (!this.complete) throw new Error("the members were not loaded before the decision");
    const layers: Layer[] = [];
    for (let set: MemberSet | undefined = this; set !== undefined; set = set.#older) layers.unshift(set.#layer);
    const ids = new Set<string>();
    for (const layer of layers) for (const [id, member] of layer) member ? ids.add(id) : ids.delete(id);
    return ids;
  }

  /** The complete set whose older part is these members, under what is known here. */
  completedWith(members: Iterable<string>): MemberSet {
    const known: (readonly [string, boolean])[] = [];
    for (let set: MemberSet | undefined = this; set !== undefined; set = set.#older) known.unshift(...set.#layer);
    return MemberSet.of(members).with(known);
  }
}
