// What a credential, a request or a stretch of time did: whom it touched, what they gained and lost by it, and what of that
// is still in force.
import { z } from "zod";
import { foreignCursor, isPosition } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { pageOf, pinned } from "../answers/page.ts";
import { id } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { paged, stretchOf, windowed } from "../answers/window.ts";
import { blastRow } from "../effects/blast-row.ts";
import { Radius } from "../effects/radius.ts";

export const blastRadius = question(
  "blast-radius",
  {
    number: [9],
    asks: "What did a credential, a request or a window of time do to whom, and what of it is still in force?",
    route: "/blast-radius",
    parameters: z
      .strictObject({ actor: id.optional(), request: id.optional(), ...windowed, ...paged })
      .refine((given) => [given.actor, given.request, given.from].some((one) => one !== undefined), {
        message: "actor: name a credential (actor), a request, or the start of a window (from)",
      }),
    row: blastRow,
    names: { actor: "credential", request: "request" },
    golden: "the same membership, removed and granted anew by somebody else, is not in force by this credential",
  },
  async (given, tenant, sources) => {
    const { position: through, cursor } = await pinned(sources, await level(sources), given, 2);
    const stretch = await stretchOf(sources, through, given);
    const [after = stretch.after, index = "-1"] = cursor?.parts ?? [];
    if (!isPosition(after) || !Number.isSafeInteger(Number(index))) throw foreignCursor();
    const radius = new Radius(sources, tenant, through);
    const rows = radius.rows(stretch, given, cursor === undefined ? undefined : [after, Number(index)]);
    return {
      window: given,
      position: through,
      through,
      content: pageOf(rows, through, given.limit),
    };
  },
);
