// What other systems are told, held to their published schemas: OCSF 1.8.0, ECS 9.3 and the grammar of RFC 5424. Whatever
// somebody is called, a line stays one line.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { linesAfter, STREAM_FORMATS, type StreamFormat } from "../../src/audit/formats/formats.ts";
import { mappingOf } from "../../src/audit/formats/mapping.ts";
import { catalogue } from "../../src/domain/events.ts";
import { GroupMarkedPrivileged, GroupsMarkedExclusive } from "../../src/domain/mark-events.ts";
import {
  CredentialIssued,
  CredentialRevoked,
  CredentialUsed,
  TenantCreated,
  TenantSuspended,
} from "../../src/domain/tenant-events.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { sourcesOf } from "./asking.ts";
import { history } from "./histories.ts";
import { TENANT, World } from "./world.ts";

const published = (name: string) =>
  JSON.parse(readFileSync(new URL(`./published/${name}.json`, import.meta.url), "utf8"));
const ocsf = published("ocsf-1.8.0") as {
  classes: Record<string, ObjectSchema>;
  objects: Record<string, ObjectSchema>;
};
const ecs = published("ecs-9.3.0") as {
  fields: Record<string, { type: string; array?: boolean }>;
  allowed: Record<string, string[]>;
  "iam types": string[];
};

interface ObjectSchema {
  readonly attributes: Record<
    string,
    { type: string; requirement: string; array?: boolean; enum?: (string | number)[] }
  >;
  readonly constraints?: { readonly at_least_one?: string[]; readonly just_one?: string[] };
}

const SCALARS: Record<string, (value: unknown) => boolean> = {
  string_t: (value) => typeof value === "string",
  integer_t: Number.isInteger,
  long_t: Number.isInteger,
  timestamp_t: Number.isInteger,
  boolean_t: (value) => typeof value === "boolean",
  object: (value) => typeof value === "object" && value !== null,
};

/** What is wrong with a value by its published schema, by path. */
function problemsOf(schema: ObjectSchema, value: Record<string, unknown>, path: string): string[] {
  const problems: string[] = [];
  for (const [name, { requirement }] of Object.entries(schema.attributes))
    if (requirement === "required" && value[name] === undefined) problems.push(`${path}.${name} is required`);
  const { at_least_one: some } = schema.constraints ?? {};
  if (some !== undefined && !some.some((name) => value[name] !== undefined))
    problems.push(`${path} needs one of ${some}`);
  for (const [name, one] of Object.entries(value)) {
    const attribute = schema.attributes[name];
    const here = `${path}.${name}`;
    if (attribute === undefined) problems.push(`${here} is not in the schema`);
    else if (attribute.enum !== undefined && !attribute.enum.includes(one as string | number))
      problems.push(`${here} is ${String(one)}`);
    else if (ocsf.objects[attribute.type] !== undefined)
      problems.push(...problemsOf(ocsf.objects[attribute.type]!, one as Record<string, unknown>, here));
    else if (SCALARS[attribute.type] === undefined) {
      // An object or a kind of string that the copy of the schema does not go into.
      if (typeof one !== "string" && typeof one !== "object") problems.push(`${here} is no ${attribute.type}`);
    } else if (!SCALARS[attribute.type]!(one)) problems.push(`${here} is no ${attribute.type}`);
  }
  return problems;
}

function ocsfProblems(line: string): string[] {
  const event = JSON.parse(line) as Record<string, number>;
  const schema = ocsf.classes[String(event["class_uid"])];
  if (schema === undefined) return [`there is no class ${event["class_uid"]}`];
  const { type_uid: type, class_uid: of, activity_id: activity } = event;
  return [...(type === of! * 100 + activity! ? [] : ["type_uid"]), ...problemsOf(schema, event, "event")];
}

const flat = (value: object, path = ""): [string, unknown][] =>
  Object.entries(value).flatMap(([name, one]) => {
    const here = path === "" ? name : `${path}.${name}`;
    const isLeaf = here === "labels" || typeof one !== "object" || Array.isArray(one);
    return isLeaf ? [[here, one] as [string, unknown]] : flat(one as object, here);
  });

function ecsProblems(line: string): string[] {
  const document = JSON.parse(line) as { event: { type: string[] } };
  const problems = document.event.type.filter((type) => !ecs["iam types"].includes(type));
  for (const [path, value] of flat(document)) {
    const field = ecs.fields[path];
    if (field === undefined) problems.push(`${path} is no field of ECS`);
    else if ((field.array === true) !== Array.isArray(value)) problems.push(`${path}: array`);
    else if (field.type === "long" && !Number.isInteger(value)) problems.push(`${path}: long`);
    else if (field.type === "date" && Number.isNaN(Date.parse(String(value)))) problems.push(`${path}: date`);
    const allowed = ecs.allowed[path];
    if (allowed !== undefined && [value].flat().some((one) => !allowed.includes(String(one))))
      problems.push(`${path}: value`);
  }
  return problems;
}

/** RFC 5424 §6, with a time, and with one structured element, or with none. */
const SYSLOG =
  /^<(?:0|[1-9]\d{0,2})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z (?:-|[!-~]{1,255}) (?:-|[!-~]{1,48}) (?:-|[!-~]{1,128}) (?:-|[!-~]{1,32}) (?:-|\[[!-~]{1,32}(?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\])(?: .*)?$/u;

const checks: Record<StreamFormat, (line: string) => string[]> = {
  ocsf: ocsfProblems,
  ecs: ecsProblems,
  syslog: (line) => (SYSLOG.test(line) ? [] : [line]),
};

const linesOf = (world: World, format: StreamFormat, enterprise?: string) =>
  linesAfter(
    sourcesOf(world),
    TENANT,
    { after: START, until: world.position },
    { format, most: Number.POSITIVE_INFINITY, version: "1.2.3", enterprise },
  );

describe.each(STREAM_FORMATS)("%s", (format) => {
  it("is what its publisher says, for any history", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world }) => {
        for (const enterprise of [undefined, "49152"])
          for (const line of (await linesOf(world, format, enterprise)).lines) expect(checks[format](line)).toEqual([]);
      }),
      { numRuns: 50 },
    ));

  it("is what its publisher says, for what administrators do", async () => {
    const world = new World();
    const group = world.group("group");
    const issued = CredentialIssued({
      ...{
        credential: "cred-9",
        name: "x",
        kind: "provisioning",
        scopes: ["scim:read"],
        profile: "rfc",
        secret: "s",
        hash: "0",
      },
    });
    for (const event of [
      TenantCreated({ name: "Acme" }),
      issued,
      CredentialUsed({ credential: "cred-9" }),
      GroupMarkedPrivileged({ group }),
      GroupsMarkedExclusive({ groups: [group, world.group("other")] }),
      CredentialRevoked({ credential: "cred-9" }),
      TenantSuspended({}),
    ])
      world.ofTenant(event);
    const { lines } = await linesOf(world, format);
    expect(lines).toHaveLength(world.entries.length - 1);
    for (const line of lines) expect(checks[format](line)).toEqual([]);
  });

  it("stays one line, whatever a client or a request is called", () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), async (name, approval) => {
        const world = new World();
        world.actor = { credential: "cred-1", name: name.toWellFormed(), kind: "provisioning" };
        world.approval = `x]"\\\n${approval.toWellFormed()}`;
        world.user("ada");
        const { lines } = await linesOf(world, format);
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(/[\r\n]/);
        expect(checks[format](lines[0]!)).toEqual([]);
      }),
    ));

  it("tells no value of a person", async () => {
    const world = new World();
    world.user({ userName: "ada.lovelace", title: "Countess" });
    expect((await linesOf(world, format)).lines.join()).not.toMatch(/lovelace|Countess/);
  });
});

it("a line is told for each member, subgroups apart; a large change when it is complete", async () => {
  const world = new World();
  const [ada, inner] = [world.user("ada"), world.group("inner")];
  const outer = world.group("outer");
  world.addInParts(outer, [ada, inner]);
  const events = (await linesOf(world, "ocsf")).lines.map((line) => JSON.parse(line));
  expect(events.slice(-2)).toMatchObject([
    { type_uid: 300603, group: { uid: outer }, user: { uid: ada } },
    { type_uid: 300607, group: { uid: outer }, subgroup: { uid: inner } },
  ]);
  expect(new Set(events.map(({ metadata }) => metadata.uid)).size).toBe(events.length);
});

it("every event of users, groups and tenants is told, or has a reason not to be", () => {
  const silent = [...catalogue.user, ...catalogue.group, ...catalogue.tenant]
    .map(({ type }) => type)
    .filter((type) => mappingOf(type) === undefined);
  expect(silent.sort()).toEqual([
    "ClaimRevoked",
    "CredentialUsed",
    "GroupChangeAbandoned",
    "GroupChangeBegun",
    "GroupChangeCompleted",
  ]);
});

it("goes on where it ended, with nothing twice and nothing left out", () =>
  fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 1, max: 5 }), async ({ world }, most) => {
      const all = (await linesOf(world, "ecs")).lines;
      const lines: string[] = [];
      for (let after = START; after < world.position; ) {
        const options = { format: "ecs", most, version: "1.2.3" } as const;
        const page = await linesAfter(sourcesOf(world), TENANT, { after, until: world.position }, options);
        lines.push(...page.lines);
        after = page.position;
      }
      expect(lines).toEqual(all);
    }),
    { numRuns: 50 },
  ));

describe("syslog", () => {
  const world = new World();
  world.user("ada");

  it("has structured data under the number of whoever asks, and nobody else's", async () => {
    const { lines } = await linesOf(world, "syslog", "49152");
    expect(lines).toMatchObject([expect.stringContaining(' [scim-ledger@49152 position="0000000000000001" ')]);
  });

  it("says the same in the message where nobody named a number", async () => {
    const { lines } = await linesOf(world, "syslog");
    expect(lines[0]).toMatch(/ scim-ledger - UserCreated - \S+ User \S+ position="0000000000000001" /u);
    expect(lines.join("")).not.toContain("@");
  });
});
