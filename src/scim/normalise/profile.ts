// Whose dialect a request is read in. A credential has one of these profiles.

interface ProfileDescription {
  /** One line for whoever chooses. */
  readonly says: string;
  /** Takes nothing beyond the standard: no rule is asked. */
  readonly strict?: true;
  /** The type of answers where the request does not say which it takes; absent: application/scim+json. */
  readonly answers?: "application/json";
}

const table = {
  lenient: { says: "the readings of all providers that are safe for everybody; the default" },
  entra: { says: "Microsoft Entra ID, with its feature flag and without" },
  okta: { says: "Okta, app integrations of its network and of the wizard" },
  google: { says: "Google Workspace" },
  onelogin: { says: "OneLogin; answers are application/json unless it asks otherwise", answers: "application/json" },
  jumpcloud: { says: "JumpCloud" },
  ping: { says: "PingOne and PingFederate" },
  rfc: { says: "RFC 7643 and 7644 to the letter: what they do not have is refused", strict: true },
  "interop-strict": {
    says: "draft-zollner-scim-interop-profile: the part of the RFC that every service has in common, nothing else",
    strict: true,
  },
} as const satisfies Record<string, ProfileDescription>;

export type Profile = keyof typeof table;

export const profiles: Readonly<Record<Profile, ProfileDescription>> = table;

export const profileNames = Object.keys(table) as [Profile, ...Profile[]];

export const DEFAULT_PROFILE = "lenient" satisfies Profile;

/** Those who are read by rules. */
export type Dialect = Exclude<Profile, "rfc" | "interop-strict">;

/**
 * The profile that an event names. One that this version does not know was given by a newer one: what it would read in
 * its own way is refused rather than guessed.
 */
export const profileOf = (name: string): Profile => (Object.hasOwn(table, name) ? (name as Profile) : "rfc");
