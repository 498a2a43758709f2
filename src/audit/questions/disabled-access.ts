// Disabled accounts that still hold something: disabling masks memberships, it does not end them.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { instant } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { held, heldRows, livesAt, named, namedAt } from "../answers/rows.ts";
import { paged } from "../answers/window.ts";
import { evidence, evidenceAt } from "../effects/evidence.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt } from "../holdings/intervals.ts";
import { reachedHoldings } from "../holdings/reached-holdings.ts";
import type { Sources } from "../sources.ts";

const disabledRow = z.strictObject({
  user: named,
  /** The event that disabled the account, or created it disabled. */
  disabled: evidence,
  held: z.array(held),
});

export const disabledAccess = question(
  "disabled-access",
  {
    number: [13],
    asks: "Which disabled users still held memberships, roles or entitlements at an instant?",
    route: "/disabled-access",
    parameters: z.strictObject({ asOf: instant.optional(), ...paged }),
    row: disabledRow,
    golden: "active: false leaves a user in its groups; also of a user who was created so",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 1);
    const rows = rowsOf(sources, tenant, position, cursor?.parts[0]);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      content: pageOf(rows, position, given.limit),
    };
  },
);

async function* rowsOf(
  sources: Sources,
  tenant: string,
  position: Position,
  after: string | undefined,
): AsyncGenerator<Placed> {
  const holdings = new Holdings(sources.store, tenant, position);
  for await (const life of livesAt(sources, tenant, "User", position, after)) {
    const all = await holdings.read(life.id);
    const accounts = all.filter(({ kind }) => kind === "account");
    if (accounts.some((one) => holdsAt(one, position))) continue;
    const still = (await reachedHoldings(all, holdings)).filter((one) => holdsAt(one, position));
    if (still.length === 0) continue;
    const since = accounts.at(-1)?.to ?? life.from;
    const proofs = await evidenceAt(sources, [since]);
    const user = await namedAt(sources, tenant, "User", life.id, position);
    yield {
      row: { user, disabled: proofs.get(since)!, held: await heldRows(sources, tenant, still, position) },
      place: [life.id],
    };
  }
}
