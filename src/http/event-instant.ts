// An instant that a client gives to an event: read as microseconds, of which events hold safe integers (RFC 8785 §3.2.2.3).
import { z } from "zod";
import { formatInstant } from "../audit/answers/instant.ts";
import { quote } from "../scim/quote.ts";

const [FIRST, LAST] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER].map(formatInstant);

/** `otherwise`: what is said of text that is no instant; `without`: how a client says that there is none. */
export const eventInstant = (
  read: (text: string) => number | undefined,
  says: { readonly otherwise: string; readonly without: string },
) =>
  z
    .string()
    .refine((text) => read(text) !== undefined, says.otherwise)
    .refine((text) => Number.isSafeInteger(read(text) ?? 0), {
      error: ({ input }) => `${quote(String(input))} must lie from ${FIRST} to ${LAST}; ${says.without}`,
    })
    .transform((text) => read(text)!);
