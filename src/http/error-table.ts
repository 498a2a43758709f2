// Which error is answered how. Errors of the inner folders know nothing of HTTP.
import { Conflict, TooLarge, Unavailable } from "../eventlog/event-log.ts";
import { NotYetVisible } from "../eventlog/provisioning.ts";
import { ScimError } from "../scim/errors.ts";
import { errorBody } from "../scim/messages.ts";
import { VaultUnavailable } from "../vault/key-vault.ts";
import { Refusal, retryLater } from "./refusal.ts";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;
interface Row {
  readonly of: ErrorClass<Error>;
  readonly answer: (error: Error) => Refusal;
}
const row = <E extends Error>(of: ErrorClass<E>, answer: (error: E) => Refusal): Row => ({
  of,
  answer: answer as (error: Error) => Refusal,
});

const rows: readonly Row[] = [
  row(Refusal, (error) => error),
  row(ScimError, ({ status, message, scimType }) =>
    status === 503 ? retryLater(message, 5) : new Refusal(status, message, [], scimType),
  ),
  row(NotYetVisible, () => retryLater("The change is stored and not yet visible: the read models are behind.", 1)),
  row(Unavailable, ({ message, written }) =>
    retryLater(
      written === "no"
        ? `Nothing was changed: ${message}.`
        : `Whether the change was made is not known yet, read the resource before you repeat it: ${message}.`,
      5,
    ),
  ),
  row(VaultUnavailable, ({ message }) => retryLater(`The key vault cannot do this now: ${message}.`, 5)),
  row(Conflict, () => retryLater("Others kept changing the same resource; nothing was changed.", 1)),
  row(TooLarge, ({ message }) => new Refusal(413, `The change is too large to be stored: ${message}.`)),
  row(URIError, () => new Refusal(400, "The path is not valid percent-encoded UTF-8.", [], "invalidSyntax")),
];

const INTERNAL = new Refusal(500, "The service failed; its log has more under the request id of this answer.");

/** The refusal that an error is answered with. What is in no row is a 500 that tells nothing of the inside. */
export function refusalOf(error: unknown): Refusal {
  for (const { of, answer } of rows) {
    if (!(error instanceof of)) continue;
    const refusal = answer(error);
    if (error instanceof ScimError) refusal.rules = error.rules;
    return refusal;
  }
  return INTERNAL;
}

/** The body of an error answer, as JSON text. */
export const errorText = (refusal: Refusal): string => JSON.stringify(errorBody(refusal));
