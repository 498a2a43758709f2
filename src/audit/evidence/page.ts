// The page in an evidence folder that tells an auditor, in plain words, what it is and how to check it.
import { FILES } from "./files.ts";
import type { ManifestParts } from "./manifest.ts";

export function pageText(parts: Omit<ManifestParts, "files">): string {
  const { asking, findings, head } = parts;
  const { question, parameters, tenant } = asking;
  const { unopened } = findings;
  return `# Evidence

**${question.asks}**

| | |
|---|---|
| question | \`${question.id}\` |
${Object.entries(parameters)
  .map(([name, value]) => `| its parameter \`${name}\` | ${cell(value)} |\n`)
  .join("")}| tenant | \`${tenant}\` |
| answered as of | ${findings.asOf ?? "the end of the history"} |
| known at | ${findings.knownAt ?? "–"} |
| rows in the answer | ${findings.rows} |
| history | ${many(findings.leaves, "event")} in ${many(findings.streams, "stream")}, indexes 0 to ${findings.leaves - 1}; ${findings.events} of them are here |
| disclosed | the personal values of ${many(findings.keys, "event")} |
| not readable any more | ${many(unopened.destroyed, "event")} whose keys were destroyed, ${unopened.unexplained} for other reasons; of ${many(unopened.subjects, "subject")} |
| signed head | \`${head.origin}\`, ${many(head.size, "leaf", "leaves")}, root \`${head.root}\` |

The answer is in \`${FILES.json}\`, and as a table in \`${FILES.csv}\`. ${unreadable(parts)}
Positions in it count the events of this tenant from 1: position 7 is leaf 6. Who asked for it, and when, is in \`${FILES.run}\`, which is no part of the proof.

## How to check it

1. Get the policy, a file that names the keys which you trust, from somebody else than whoever gave you this folder. The one in here, \`${FILES.policy}\`, tells you the name of the log and nothing more.
2. On a machine of your own, with no network:

   \`\`\`
   scim-ledger verify <this folder> --policy <your policy>
   \`\`\`

3. Read the verdict. \`FAILED\` says that something was tampered with, what, and where. \`UNANCHORED\` says that the folder fits together, and nothing about who made it. \`SIGNED\`, \`ANCHORED\` and \`WITNESSED\` say who vouches for the history.

What it does: every file must be the one in \`${FILES.manifest}\`. The leaves must make the tree whose root was signed, so that no event of the tenant is missing, was changed, or stands in another place. Each event must be the one of its leaf. Then the question is asked again, of these events alone, and must be answered in the very bytes of \`${FILES.json}\` and \`${FILES.csv}\`.

\`tools/verify_ledger.py\`, one file of Python without libraries, checks all of this but the last step.

## What it cannot say

It proves what was recorded, not that what was recorded is true, nor that everything was. Events after the signed head are not in it.
`;
}

const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

/** Text of a client within a table. */
const cell = (text: string): string =>
  `\`${JSON.stringify(text).slice(1, -1).replaceAll("|", "\\|").replaceAll("`", "'")}\``;

const unreadable = ({ findings: { unopened } }: Pick<ManifestParts, "findings">): string =>
  unopened.subjects === 0
    ? "All values on which it rests could be read."
    : `It could not test the values of ${many(unopened.subjects, "subject")}, which nobody can read any more: they stand as \`[erased]\`.`;
