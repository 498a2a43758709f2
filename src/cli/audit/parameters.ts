// What the parameters of audit questions mean, for the help; a test holds that none is missing.

/** By the parameter's name. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  id: "the id of the user, group or credential",
  type: "users or groups",
  member: "the id of the user",
  actor: "the id of a credential",
  request: "the id of a request",
  group: "the id of a group",
  with: "the id of the other group",
  asOf: "the instant, such as 2026-05-01T08:30:00Z; without it, now",
  knownAt: "as it was known at this instant; without it, now",
  from: "the start of the window; without it, the first event",
  to: "the end of the window, not included; without it, now",
  order: "ascending or descending",
  attribute: "one attribute alone, such as emails or name.givenName",
  attributes: "which attributes count as a move, joined by commas",
  days: "how many days later to look",
  rule: "one rule alone",
  hours: "how many hours an end may take",
  kind: "one kind alone",
  source: "one source of assertions alone",
  limit: "how many rows",
  cursor: "go on after a page that ended with “next”",
};

/** `asOf` → `--as-of`. */
export const optionOf = (name: string): string =>
  `--${[...name].map((letter) => (letter >= "A" && letter <= "Z" ? `-${letter.toLowerCase()}` : letter)).join("")}`;
