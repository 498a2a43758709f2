// Five questions of an auditor, and their answers as tables.
import { z } from "zod";
import { timelineRow } from "../src/audit/effects/timeline-row.ts";
import { accessRow } from "../src/audit/questions/access.ts";
import { memberRow } from "../src/audit/questions/members.ts";
import type { Json, JsonObject } from "../src/scim/json.ts";
import { ask, Unexpected, withNames } from "./client.ts";
import type { Provisioned } from "./entra-id.ts";
import { answer } from "./show.ts";

export interface Inquiry {
  readonly base: string;
  readonly token: string;
  readonly who: Provisioned;
  /** Before Ada's title, groups and account changed. */
  readonly before: string;
  /** Id → name. */
  readonly names: ReadonlyMap<string, string>;
}

export async function askFiveQuestions(inquiry: Inquiry): Promise<void> {
  await whatHappened(inquiry);
  await whoWasIn(inquiry);
  await whatAccess(inquiry);
  await whatWasShe(inquiry);
  await whoWasThere(inquiry);
}

async function get({ base, token }: Inquiry, path: string): Promise<JsonObject> {
  const { status, body } = await ask(base + path, token);
  if (status !== 200) throw new Unexpected(`GET ${path} answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/** The rows of an audit answer, at least so many; each must be what the question says that it is. */
async function rowsOf<Row extends z.ZodType>(
  inquiry: Inquiry,
  path: string,
  row: Row,
  least: number,
): Promise<z.output<Row>[]> {
  const rows = z.array(row).parse((await get(inquiry, path))["rows"]);
  if (rows.length < least) throw new Unexpected(`GET ${path} answered ${rows.length} rows and not ${least}`);
  return rows;
}

/** The seconds of an instant, to the millisecond: the whole demo takes few of them. */
const clock = (instant: string): string => instant.slice(11, 23);
/** A value in few words: a complex one by its `value`, a multi-valued one by its first. */
function said(value: Json | undefined): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return said(value[0]);
  return typeof value === "object" ? said(value["value"]) : String(value);
}

async function whatHappened(inquiry: Inquiry): Promise<void> {
  const { who, names } = inquiry;
  const path = `/audit/v1/users/${who.ada}/timeline`;
  const rows = await rowsOf(inquiry, path, timelineRow, 5);
  if (rows.length > 5) throw new Unexpected("a request that changed nothing became an event");
  const changesOf = ({ type, changes, memberships }: z.output<typeof timelineRow>): string[] => {
    if (type === "UserCreated") return [`${changes.length} attributes`];
    const told = changes.map(
      ({ path: where, before, after }) => `${shortPath(where)}: ${said(before)} → ${said(after)}`,
    );
    const groups = [
      ...memberships.gained.map(({ display }) => `joined ${display}`),
      ...memberships.lost.map(({ display }) => `left ${display}`),
    ];
    return [...told, ...groups];
  };
  answer(
    "1. What happened to Ada Lovelace?",
    withNames(path, names),
    ["when", "event", "what changed", "by"],
    rows.flatMap((row) => {
      const [first = "", ...more] = changesOf(row);
      return [[clock(row.at), row.type, first, row.actor.name], ...more.map((change) => ["", "", change, ""])];
    }),
  );
}

const shortPath = (path: string): string => path.slice(path.lastIndexOf(":") + 1);

async function whoWasIn(inquiry: Inquiry): Promise<void> {
  const { who, before, names } = inquiry;
  const path = `/audit/v1/groups/${who.engineering}/members?asOf=${before}`;
  const rows = await rowsOf(inquiry, path, memberRow, 3);
  const nameOf = (id: string): string => names.get(id) ?? id;
  answer(
    "2. Who was in Engineering before that, groups within it included?",
    withNames(path, names),
    ["member", "type", "through", "since", "granted by"],
    rows.map(({ member, paths }) => {
      const { groups, since } = paths[0]!;
      return [
        member.display ?? member.id,
        member.type,
        groups.map(nameOf).join(" → "),
        clock(since.time),
        since.actor.name,
      ];
    }),
  );
}

async function whatAccess(inquiry: Inquiry): Promise<void> {
  const { who, names } = inquiry;
  const path = `/audit/v1/users/${who.ada}/access`;
  const rows = await rowsOf(inquiry, path, accessRow, 3);
  answer(
    "3. What did Ada have access to, from when to when, by whom, and why did it end?",
    withNames(path, names),
    ["access", "how", "from", "granted by", "to", "ended by", "why"],
    rows.map(({ kind, target, direct, from, to, granted, ended, cause, display }) => [
      kind === "account" ? "the account" : `${kind} ${display?.now ?? target}`,
      direct ? "direct" : "nested",
      clock(from),
      granted.actor.name,
      to === null ? "still" : clock(to),
      ended?.actor.name ?? "",
      cause ?? "",
    ]),
  );
}

async function whatWasShe(inquiry: Inquiry): Promise<void> {
  const { who, before, names } = inquiry;
  const path = `/audit/v1/resources/users/${who.ada}?asOf=${before}`;
  const then = z.record(z.string(), z.json()).parse((await get(inquiry, path))["resource"]);
  const now = await get(inquiry, `/scim/v2/Users/${who.ada}`);
  if (then["title"] !== "Analyst" || now["title"] !== "Countess")
    throw new Unexpected("the titles are not what they were");
  const facts: readonly (readonly [string, (resource: JsonObject) => Json | undefined])[] = [
    ["title", ({ title }) => title],
    ["active", ({ active }) => active],
    ["work address", ({ emails }) => emails],
    ["group", ({ groups }) => (groups as readonly JsonObject[] | undefined)?.[0]?.["display"]],
    ["version", ({ meta }) => (meta as JsonObject)["version"]],
  ];
  answer(
    "4. What exactly was Ada before the change, and what is she now?",
    withNames(path, names),
    ["", "then", "now"],
    facts.map(([name, of]) => [name, said(of(then)), said(of(now))]),
  );
}

async function whoWasThere(inquiry: Inquiry): Promise<void> {
  const { before } = inquiry;
  const filter = "filter=active eq true&attributes=userName,displayName,active";
  const users = async (more: string): Promise<readonly JsonObject[]> =>
    ((await get(inquiry, `/scim/v2/Users?${filter}${more}`))["Resources"] ?? []) as readonly JsonObject[];
  const then = await users(`&asOf=${before}`);
  const now = await users("");
  const names = (list: readonly JsonObject[]): ReadonlySet<string> =>
    new Set(list.map(({ userName }) => said(userName)));
  const [namesThen, namesNow] = [names(then), names(now)];
  if (!namesThen.has("ada@example.com") || namesNow.has("ada@example.com"))
    throw new Unexpected("the list of enabled accounts is not what it was");
  answer(
    "5. Which accounts were enabled then? (plain SCIM, with an instant)",
    `/scim/v2/Users?${filter}&asOf=${before}`,
    ["userName", "enabled then", "enabled now"],
    [...namesThen.union(namesNow)].map((name) => [name, yes(namesThen.has(name)), yes(namesNow.has(name))]),
  );
}

const yes = (is: boolean): string => (is ? "yes" : "no");
