// `scim-ledger replay blame`.

import { subjectOf } from "../../audit/answers/subject.ts";
import { type BlameRow, writersAt } from "../../audit/questions/blame.ts";
import { EXIT } from "../problem.ts";
import type { Work } from "./given.ts";
import { placeOf, resourceOf } from "./place.ts";
import { sayRows, short } from "./said.ts";

/** Who last wrote each attribute and element, as the audit question has it. */
export const sayBlame: Work = async ({ replay, options, tenant, said }, resource) => {
  const { type, id } = await resourceOf(replay, tenant, resource!);
  const at = await placeOf(replay, options.at);
  const subject = await subjectOf(replay.sources, tenant, type, id);
  const rows: BlameRow[] = [];
  // By the place, not by its time: events of one request share that.
  for await (const { row } of writersAt(replay.sources, subject, at, options.attribute)) rows.push(row);
  sayRows(said, rows, { resource: `${type} ${id}`, at }, ({ path, value, member, written }) => [
    `${path}: ${member ?? short(value)}  ${written.time} by ${written.actor.name} (${written.type}, position ${written.position})`,
  ]);
  return EXIT.ok;
};
