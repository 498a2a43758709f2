// What an auditor who trusts nobody writes down beside a service: what was acknowledged, by whom, when, and what a GET
// answered then. Naive on purpose: who reached what is worked out anew from every page.

export interface State {
  readonly users: ReadonlyMap<string, { readonly enabled: boolean; readonly roles: ReadonlySet<string> }>;
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How things stood from an instant on, until the next page. */
export interface Page extends State {
  /** As `meta.lastModified` writes it. */
  readonly instant: string;
  /** Who asked for it; the service itself for what follows a deletion. */
  readonly actor: string;
  readonly requestId: string;
  readonly does: string;
  /** What GETs answered then; none where the service was not done with a deletion. */
  readonly answers: ReadonlyMap<string, string>;
}

/** Groups that a user or group is in, nested ones included. */
export function reached({ groups }: State, subject: string): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (id: string) => {
    for (const [group, members] of groups) {
      if (!members.has(id) || found.has(group)) continue;
      found.add(group);
      look(group);
    }
  };
  look(subject);
  return found;
}

/** Everybody in a group, nested ones included, but for the group itself. */
export function within(state: State, group: string): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (id: string) => {
    for (const member of state.groups.get(id) ?? []) {
      if (found.has(member)) continue;
      found.add(member);
      look(member);
    }
  };
  look(group);
  found.delete(group);
  return found;
}

/** All that a user has, as `kind target`. */
export function accessesOf(state: State, user: string): ReadonlySet<string> {
  const known = state.users.get(user);
  if (known === undefined) return new Set();
  const groups = [...reached(state, user)].map((group) => `group ${group}`);
  const roles = [...known.roles].map((role) => `role ${role}`);
  return new Set([...(known.enabled ? [`account ${user}`] : []), ...groups, ...roles]);
}

export interface Run {
  readonly first: Page;
  /** The page on which it no longer stood. */
  readonly end: Page | undefined;
}

/** The runs of pages on which something stood. */
export function runsOf(pages: readonly Page[], holds: (page: Page) => boolean): readonly Run[] {
  const runs: Run[] = [];
  let first: Page | undefined;
  for (const page of pages) {
    if (holds(page)) first ??= page;
    else if (first !== undefined) {
      runs.push({ first, end: page });
      first = undefined;
    }
  }
  return first === undefined ? runs : [...runs, { first, end: undefined }];
}

const MICROS = /^(.*\.)(\d{6})Z$/;

/** An instant, so many microseconds later. */
export function shifted(instant: string, micros: number): string {
  const [, , digits] = MICROS.exec(instant)!;
  const total = Date.parse(instant) * 1_000 + (Number(digits) % 1_000) + micros;
  const millis = Math.floor(total / 1_000);
  return `${new Date(millis).toISOString().slice(0, -1)}${String(total - millis * 1_000).padStart(3, "0")}Z`;
}
