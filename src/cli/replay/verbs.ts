// The verbs of `scim-ledger replay`, as its help tells of them.
import { exitCodes } from "../verb.ts";
import { sayDiff } from "./diff.ts";
import { comparedOf, stretchOf, type Work, whichOf } from "./given.ts";
import { placeOf, resourceOf } from "./place.ts";
import { sayBlame } from "./say-blame.ts";
import { sayCheck } from "./say-check.ts";
import { sayState } from "./state.ts";
import { sayStep } from "./step.ts";
import { sayRevertPlan, sayTrace, sayWhatIf } from "./traces.ts";

interface Option {
  readonly flags: string;
  readonly says: string;
  readonly required?: true;
}

export interface ReplayVerb {
  readonly name: string;
  readonly says: string;
  /** What may follow `scim-ledger replay`. */
  readonly example: string;
  /** Whether a resource is named. */
  readonly resource?: "needed" | "possible";
  readonly options: readonly Option[];
  /** Stands at the end of its help. */
  readonly after?: string;
  readonly work: Work;
}

const state: Work = async ({ replay, options, tenant, said }, resource) =>
  sayState(replay, tenant, resource, await placeOf(replay, options.at), said);

const diff: Work = async ({ replay, options, tenant, said }, resource) => {
  const { after: from, until: to } = await comparedOf({ replay, options });
  const subject = resource === undefined ? undefined : await resourceOf(replay, tenant, resource);
  return sayDiff(replay, tenant, subject, { from, to, explain: options.explain === true, hash: options.hash }, said);
};

const step: Work = async ({ replay, options, tenant, said }, resource) => {
  const range = await stretchOf({ replay, options });
  const isInteractive = said.io.outIsTerminal && !said.json && process.stdin.isTTY === true;
  return sayStep(replay, tenant, await resourceOf(replay, tenant, resource!), range, { ...said, isInteractive });
};

const trace: Work = async (given) => sayTrace(given.replay, given.tenant, await whichOf(given), given.said);

const whatIf: Work = async (given) =>
  sayWhatIf(
    given.replay,
    given.tenant,
    await whichOf(given),
    await placeOf(given.replay, given.options.until),
    given.said,
  );

const plan: Work = async (given) => sayRevertPlan(given.replay, given.tenant, await whichOf(given), given.said);

const AT: Option = { flags: "--at <place>", says: "an instant or a position; without it, the end" };
const TO: Option = { flags: "--to <place>", says: "an instant or a position; without it, the end" };
/** Which events. */
const WHICH: readonly Option[] = [
  { flags: "--actor <credential>", says: "events of this credential" },
  { flags: "--request <id>", says: "events of this request" },
  { flags: "--from <place>", says: "events from this instant or position on" },
  { flags: "--to <place>", says: "events up to this instant or position" },
];

export const replayVerbs: readonly ReplayVerb[] = [
  {
    name: "state",
    says: "a resource as a GET would have answered, or a tenant as a whole, with its hash",
    example: "state users/<id> --at 42",
    resource: "possible",
    options: [AT],
    work: state,
  },
  {
    name: "diff",
    says: "what two places differ in, and the events that caused it",
    example: "diff groups/<id> --from 10 --explain",
    resource: "possible",
    options: [
      { flags: "--from <place>", says: "an instant or a position", required: true },
      TO,
      { flags: "--explain", says: "with the events behind each difference" },
      { flags: "--no-hash", says: "without the hashes of both states, which take a walk through the tenant" },
    ],
    work: diff,
  },
  {
    name: "step",
    says: "the events of a resource one after the other, by keys in a terminal",
    example: "step users/<id>",
    resource: "needed",
    options: [{ flags: "--from <place>", says: "an instant or a position; without it, the first event" }, TO],
    work: step,
  },
  {
    name: "blame",
    says: "who last wrote each attribute, and each element of it",
    example: "blame users/<id> --attribute emails",
    resource: "needed",
    options: [
      AT,
      { flags: "--attribute <attribute>", says: "one attribute alone; members of a group: who let each in" },
    ],
    work: sayBlame,
  },
  {
    name: "trace",
    says: "all that a credential, a request or a stretch of time did, and what is still in force",
    example: "trace --request <id>",
    options: WHICH,
    work: trace,
  },
  {
    name: "what-if",
    says: "who would hold what if these events had never been",
    example: "what-if --actor <credential>",
    options: [...WHICH, { flags: "--until <place>", says: "look at this place; without it, the end" }],
    work: whatIf,
  },
  {
    name: "check",
    says: "build the read models from zero and compare them with the live ones",
    example: "check --deep",
    options: [{ flags: "--deep", says: "every resource also as of each of its events" }],
    after: exitCodes({ 0: "they are the same", 1: "they differ; the first difference is printed" }),
    work: sayCheck,
  },
  {
    name: "revert-plan",
    says: "SCIM operations that would undo what is still in force, for review; applies nothing",
    example: "revert-plan --request <id>",
    options: WHICH,
    work: plan,
  },
];
