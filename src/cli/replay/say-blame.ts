// `scim-ledger replay blame`.
import { blame } from "../../audit/blame.ts";
import { formatInstant } from "../../audit/instant.ts";
import type { Sources } from "../../audit/sources.ts";
import { EXIT } from "../problem.ts";
import type { Work } from "./given.ts";
import { placeOf, resourceOf } from "./place.ts";
import { sayRows, short } from "./said.ts";

/** Who last wrote each attribute and element, as the audit question has it. */
export const sayBlame: Work = async ({ replay, options, tenant, said }, resource) => {
  const { type, id } = await resourceOf(replay, tenant, resource!);
  const at = await placeOf(replay, options.at);
  const asked = blame.read(
    {
      type,
      id,
      asOf: formatInstant(await replay.sources.store.effectiveAt(at)),
      ...(options.attribute === undefined ? {} : { attribute: options.attribute }),
    },
    replay.sources.clock(),
  );
  const { content } = await asked.answer(replay.sources satisfies Sources, tenant);
  const rows: BlameRow[] = [];
  for await (const batch of "rows" in content ? content.rows : []) rows.push(...(batch as readonly BlameRow[]));
  sayRows(said, rows, { resource: `${type} ${id}`, at }, ({ path, value, member, written }) => [
    `${path}: ${member ?? short(value)}  ${written.time} by ${written.actor.name} (${written.type}, position ${written.position})`,
  ]);
  return EXIT.ok;
};

interface BlameRow {
  readonly path: string;
  readonly value?: unknown;
  readonly member?: string;
  readonly written: {
    readonly time: string;
    readonly type: string;
    readonly position: string;
    readonly actor: { readonly name: string };
  };
}
