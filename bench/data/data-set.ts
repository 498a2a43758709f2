// The data sets of the cells, as parameters of the generator.

export interface GroupsOfSize {
  readonly members: number;
  readonly count: number;
}

export interface DataSet {
  readonly users: number;
  /** Users beyond `users` who are in no group: the members that a cell adds and removes. */
  readonly spare: number;
  /** Groups in the order of their indexes; members are drawn in turn from `users`. */
  readonly groups: readonly GroupsOfSize[];
  /** Changes of one attribute of one user, and additions of one member, spread among the creations. */
  readonly attributeChanges: number;
  readonly memberChanges: number;
}

/** A directory in which every user is in one group of 25, so that a user costs the same to read in each size. */
const directory = (users: number): DataSet => ({
  users,
  spare: 0,
  groups: [{ members: 25, count: users / 25 }],
  attributeChanges: 0,
  memberChanges: 0,
});

/** Users that are not members of any group at first. */
const SPARE = 1_024;

/** Half of the users in one group of 25 each, half in none. */
const halfInGroups = (users: number): DataSet => ({
  users,
  spare: SPARE,
  groups: [{ members: 25, count: users / 50 }],
  attributeChanges: 0,
  memberChanges: 0,
});

const ALL = {
  "users-1k": directory(1_000),
  "users-10k": directory(10_000),
  "users-100k": directory(100_000),
  "users-1m": {
    ...directory(1_000_000),
    groups: [
      { members: 25, count: 40_000 },
      { members: 100_000, count: 1 },
    ],
  },
  groups: {
    users: 100_000,
    spare: SPARE,
    groups: [
      { members: 10, count: 64 },
      { members: 1_000, count: 64 },
      { members: 10_000, count: 16 },
      { members: 100_000, count: 2 },
    ],
    attributeChanges: 0,
    memberChanges: 0,
  },
  "engines-100k": halfInGroups(100_000),
  "engines-1m": halfInGroups(1_000_000),
  mix: {
    users: 20_000,
    spare: 0,
    groups: [{ members: 0, count: 200 }],
    attributeChanges: 60_000,
    memberChanges: 20_000,
  },
  rebuild: {
    users: 100_000,
    spare: 0,
    groups: [{ members: 0, count: 1_000 }],
    attributeChanges: 140_000,
    memberChanges: 60_000,
  },
} satisfies Record<string, DataSet>;

export type DataSetName = keyof typeof ALL;
export const dataSets: Readonly<Record<DataSetName, DataSet>> = ALL;

/** Index of the first group of this size. Throws RangeError where the set has none. */
export function firstGroupOf({ groups }: DataSet, members: number): number {
  let first = 0;
  for (const size of groups) {
    if (size.members === members) return first;
    first += size.count;
  }
  throw new RangeError(`the data set has no group of ${members} members`);
}

/** Every group of a set: its index, and the indexes of its members. */
export function* groupsOf({
  groups,
  users,
}: DataSet): Generator<{ readonly index: number; readonly members: readonly number[] }> {
  let index = 0;
  let next = 0;
  for (const { members, count } of groups) {
    for (let group = 0; group < count; group++, index++) {
      yield { index, members: Array.from({ length: members }, (_, offset) => (next + offset) % users) };
      next = (next + members) % users;
    }
  }
}

/** Events of a set, without those of claims. */
export const eventsIn = (set: DataSet): number => set.users + set.spare + set.attributeChanges + set.memberChanges;
