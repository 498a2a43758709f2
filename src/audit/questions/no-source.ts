// Questions that SCIM data cannot answer: they say so, instead of an empty list that would read as “nobody”.
import { z } from "zod";
import { level } from "../answers/moment.ts";
import { pageOf } from "../answers/page.ts";
import { question } from "../answers/question.ts";
import { paged, windowed } from "../answers/window.ts";

const unanswerable = (id: string, number: number, asks: string, noSource: string) =>
  question(
    id,
    {
      number: [number],
      asks,
      route: `/${id}`,
      parameters: z.strictObject({ ...windowed, ...paged }),
      row: z.strictObject({ user: z.string() }),
      golden: "no source connected is not “nobody”",
    },
    async (given, _tenant, sources) => {
      const through = await level(sources);
      return { window: given, position: through, through, noSource, content: pageOf(nothing(), through) };
    },
  );

async function* nothing() {}

export const dormant = unanswerable(
  "dormant",
  14,
  "Which accounts were not used for a time?",
  "no source of sign-ins is connected: provisioning says nothing about use, so that no account can be called dormant",
);

export const selfGrants = unanswerable(
  "self-grants",
  18,
  "Who granted access to themselves, or approved their own grant?",
  "no source says which person stands behind a credential or an approval",
);

export const temporaryGrants = unanswerable(
  "temporary-grants",
  23,
  "Which temporary grants are past their end, or about to end?",
  "no source of agreed ends is connected: a SCIM membership has none",
);
