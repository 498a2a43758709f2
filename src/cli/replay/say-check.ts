// `scim-ledger replay check`.
import { EXIT, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import { checkViews } from "./check.ts";
import type { Work } from "./given.ts";
import { typeNames } from "./place.ts";
import { short } from "./said.ts";

/** Whether the live read models are what the log says, down to the first difference. */
export const sayCheck: Work = async ({ replay, options, said }) => {
  const live = await replay.live();
  if (live === undefined)
    throw new Problem("there are no read models that can be opened: there is nothing to compare with");
  const { store, through } = live;
  const progress = new ProgressLine(said.io, { what: "comparing", say: (count) => `${sayCount(count)} comparisons` });
  const depth = { deep: options.deep === true, typesOf: (tenant: string) => typeNames(replay, tenant) };
  const { compared, first, stateHashes } = await checkViews(
    store,
    await replay.rebuilt(through),
    through,
    depth,
    progress,
  );
  if (first !== undefined && !(await live.serves()))
    throw new Problem("others took the place of the read models meanwhile: run it again");
  const { io, json } = said;
  if (json)
    io.out(
      JSON.stringify({
        ...{ through, compared, same: first === undefined, stateHashes },
        ...(first === undefined ? {} : { first }),
      }),
    );
  else if (first === undefined)
    io.out(`the read models are what the log says, up to position ${through} (${sayCount(compared)} comparisons)`);
  else
    for (const line of [
      `they differ, tenant ${first.tenant}: ${first.what}`,
      `live:    ${short(first.live, 2_000)}`,
      `rebuilt: ${short(first.rebuilt, 2_000)}`,
    ])
      io.out(line);
  if (!json) for (const [tenant, hash] of Object.entries(stateHashes)) io.out(`state hash of ${tenant}: ${hash}`);
  return first === undefined ? EXIT.ok : EXIT.failed;
};
