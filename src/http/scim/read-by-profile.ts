// What every write does around its body: what the credential's profile refuses, which rules it read by, what it made of it.
import type { CommandContext, CommandOptions } from "../../eventlog/provisioning.ts";
import { ScimError } from "../../scim/errors.ts";
import { checkRequest } from "../../scim/normalise/checks.ts";
import { DEFAULT_PROFILE, profileOf } from "../../scim/normalise/profile.ts";
import type { Read } from "../../scim/normalise/read.ts";
import { Normalisation } from "../../scim/normalise/rule.ts";

/** The context with the normalisation rules that its request needed, and what they made of it. */
export const readBy = (context: CommandContext, { rules }: Normalisation, { interpretations }: Read): CommandContext =>
  rules.length === 0 ? context : { ...context, rules, interpretations };

/** Reads and acts, as the profile allows; a refusal names the rules by which the request was read so far. */
export async function reading<Result>(
  { profile = DEFAULT_PROFILE }: CommandContext,
  { method, ifMatch, ifNoneMatch }: CommandOptions & { readonly method: string },
  act: (n: Normalisation) => Promise<Result>,
): Promise<Result> {
  const n = new Normalisation(profileOf(profile));
  const precondition = ifMatch !== undefined ? "If-Match" : ifNoneMatch !== undefined ? "If-None-Match" : undefined;
  checkRequest(n.profile, { method, precondition });
  try {
    return await act(n);
  } catch (error) {
    if (error instanceof ScimError) error.rules = n.rules;
    throw error;
  }
}
