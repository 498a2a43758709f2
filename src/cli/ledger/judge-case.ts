// Judges an evidence folder, with a line that says how far it is, and says what it found.
import { FILES } from "../../audit/evidence/files.ts";
import { type Judged, judgeEvidence } from "../../audit/evidence/judge.ts";
import { machinery } from "../../embedded/own-views.ts";
import type { AtHand } from "../../ledger/judge.ts";
import type { Policy } from "../../ledger/policy.ts";
import { namesIn } from "../files.ts";
import type { Io } from "../io.ts";
import { oneLine, printableJson } from "../printable.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount, sayMany } from "../units.ts";

/** Files that no export has. */
const TELLING: readonly string[] = [FILES.manifest, FILES.json, FILES.csv, FILES.leaves, FILES.keys];

/** Whether a folder is, or was before something was taken away, an evidence folder. */
export const isEvidence = (folder: string): boolean => namesIn(folder).some((name) => TELLING.includes(name));

export async function judgeCase(folder: string, policy: Policy | undefined, atHand: AtHand, io: Io): Promise<Judged> {
  const progress = new ProgressLine(io, { what: "Verifying", say: sayCount });
  try {
    return await judgeEvidence(folder, {
      policy,
      atHand,
      machinery: { ...machinery, onProgress: (done, all) => progress.at(done, all) },
      onProgress: (done, all) => progress.at(done, all),
    });
  } finally {
    progress.end();
  }
}

/** What was asked and how much came of it, under the verdict. */
export function sayFindings({ asking, findings }: Judged, io: Io): void {
  if (asking === undefined || findings === undefined) return;
  const { question, parameters, tenant } = asking;
  const { rows, leaves, events, keys, unopened, knownAt } = findings;
  const given = Object.entries(parameters).map(([name, value]) => ` ${name}=${printableJson(value)}`);
  io.out(oneLine(`The answer follows from the events: ${question.id}${given.join("")}, tenant ${tenant}.`));
  const carried = events === leaves ? sayMany(events, "event") : `${sayCount(events)} of ${sayMany(leaves, "event")}`;
  io.out(`${sayMany(rows, "row")}, from ${carried}; ${sayCount(keys)} of them disclosed.`);
  // An old head is signed as well as the last: when it ends shows that something may have been left out by its choice.
  if (knownAt !== null) io.out(`As known at ${knownAt}: what was recorded later is not in it.`);
  const { subjects } = unopened;
  if (subjects > 0)
    io.out(`The values of ${sayMany(subjects, "subject")} could not be tested: nobody can read them any more.`);
}

/** The same for JSON. */
export const findingsOf = ({ asking, findings }: Judged): object =>
  asking === undefined
    ? {}
    : { evidence: { question: asking.question.id, parameters: asking.parameters, tenant: asking.tenant, ...findings } };
