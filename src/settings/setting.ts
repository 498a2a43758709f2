// One row of the settings table: how a text becomes a value, and what to say where it does not.

/** Why a text is not a setting's value: what the value may be. */
export class NotAllowed extends Error {}

export interface Setting<Value> {
  readonly env: string;
  /** What it decides, for people. */
  readonly says: string;
  /** What it may be, for the documentation and for every complaint. */
  readonly may: string;
  /** As it would be written; absent: there is none. */
  readonly default?: string;
  /** Never repeated in a message. */
  readonly secret?: true;
  /** Throws NotAllowed, whose message may say more than `may`. */
  readonly parse: (text: string) => Value;
}

type Row = { readonly env: string; readonly says: string; readonly default?: string };

const refuse = (): never => {
  throw new NotAllowed();
};

export const text = (row: Row & { readonly may: string; readonly secret?: true }): Setting<string> => ({
  ...row,
  parse: (value) => (value.trim() === "" ? refuse() : value),
});

export const integer = (row: Row, least: number, most: number): Setting<number> => ({
  ...row,
  may: `a whole number from ${least} to ${most}`,
  parse: (value) => {
    const number = /^-?[0-9]{1,15}$/u.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : refuse();
  },
});

export const yesOrNo = (row: Row): Setting<boolean> => ({
  ...row,
  may: "true or false",
  parse: (value) => (value === "true" ? true : value === "false" ? false : refuse()),
});

export const oneOf = <const Value extends string>(row: Row, values: readonly Value[]): Setting<Value> => ({
  ...row,
  may: `one of ${values.join(", ")}`,
  parse: (value) => values.find((one) => one === value) ?? refuse(),
});

/** Any other kind; `parse` answers undefined, or throws NotAllowed, for what is not allowed. */
export const parsed = <Value>(
  row: Row & { readonly may: string; readonly secret?: true },
  parse: (value: string) => Value | undefined,
): Setting<Value> => ({ ...row, parse: (value) => parse(value) ?? refuse() });
