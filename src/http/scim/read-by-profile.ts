// What every write does around its body: which rules of the credential's profile it was read by, and what they made of it.
import type { CommandContext } from "../../eventlog/provisioning.ts";
import { ScimError } from "../../scim/errors.ts";
import { DEFAULT_PROFILE, profileOf } from "../../scim/normalise/profile.ts";
import type { Read } from "../../scim/normalise/read.ts";
import { Normalisation } from "../../scim/normalise/rule.ts";

/** The context with the normalisation rules that its request needed, and what they made of it. */
export const readBy = (context: CommandContext, { rules }: Normalisation, { interpretations }: Read): CommandContext =>
  rules.length === 0 ? context : { ...context, rules, interpretations };

/** Reads and acts; a refusal names the rules by which the request was read so far. */
export async function reading<Result>(
  { profile = DEFAULT_PROFILE }: CommandContext,
  act: (n: Normalisation) => Promise<Result>,
): Promise<Result> {
  const n = new Normalisation(profileOf(profile));
  try {
    return await act(n);
  } catch (error) {
    if (error instanceof ScimError) error.rules = n.rules;
    throw error;
  }
}
