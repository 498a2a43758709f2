// The audit questions that are measured, with what is drawn anew for each time they are asked.
import { BUSY_USER, LARGE_GROUP, OUTER_GROUP, SYNC } from "../data/history-set.ts";
import { groupId, userId } from "../data/identity.ts";

/** What there is to ask about. */
export interface Asking {
  readonly users: number;
  /** An instant of the history at random, RFC 3339. */
  readonly instant: () => string;
  /** When the credential that synchronised for a day began, and a day later. */
  readonly day: { readonly from: string; readonly to: string };
}

export interface AuditQuestion {
  readonly says: string;
  /** Below the base of the audit API. */
  readonly path: (asking: Asking) => string;
}

const anyone = ({ users }: Asking): string => userId(Math.floor(Math.random() * users));

export const auditQuestions: readonly AuditQuestion[] = [
  { says: "timeline of a person", path: (asking) => `/users/${anyone(asking)}/timeline` },
  { says: "access of a person", path: (asking) => `/users/${anyone(asking)}/access` },
  {
    says: "page of a busy person's timeline",
    path: () => `/users/${userId(BUSY_USER)}/timeline?order=descending&limit=100`,
  },
  { says: "page of a busy person's access", path: () => `/users/${userId(BUSY_USER)}/access?limit=100` },
  {
    says: "members of a group of 10k",
    path: ({ instant }) => `/groups/${groupId(LARGE_GROUP)}/members?asOf=${instant()}`,
  },
  {
    says: "members of a group with 9k in a nested one",
    path: ({ instant }) => `/groups/${groupId(OUTER_GROUP)}/members?asOf=${instant()}`,
  },
  {
    says: "diff of two instants of a group of 10k",
    path: ({ instant }) => {
      const [from, to] = [instant(), instant()].sort();
      return `/diff?type=Group&id=${groupId(LARGE_GROUP)}&from=${from}&to=${to}`;
    },
  },
  {
    says: "whether a person was ever in that group",
    path: (asking) => `/groups/${groupId(LARGE_GROUP)}/members/${anyone(asking)}/ever`,
  },
  {
    says: "who granted a person that group",
    path: (asking) => `/groups/${groupId(LARGE_GROUP)}/members/${anyone(asking)}/grants`,
  },
  { says: "blame of a person", path: (asking) => `/users/${anyone(asking)}/blame` },
  {
    says: "blast radius of 50k events",
    path: ({ day }) => `/blast-radius?actor=${SYNC.credential}&from=${day.from}&to=${day.to}`,
  },
];
