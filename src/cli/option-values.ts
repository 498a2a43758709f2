// Values of options as people write them.
import { InvalidArgumentError } from "commander";
import { parseDuration } from "./units.ts";

/** `15m` → milliseconds. */
export function durationOption(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("It must be a number and one of s, m, h, d, w: 90d.");
  return milliseconds;
}

/** `10%` → 0.1. */
export function percentOption(text: string): number {
  const digits = text.endsWith("%") ? text.slice(0, -1) : text;
  const value = /^[0-9]{1,3}(?:\.[0-9]{1,3})?$/u.test(digits) ? Number(digits) : Number.NaN;
  if (!(value <= 100)) throw new InvalidArgumentError("It must be a percentage from 0 to 100: 10%.");
  return value / 100;
}

export const countOption =
  (most: number) =>
  (text: string): number => {
    const value = /^[1-9][0-9]{0,7}$/u.test(text) ? Number(text) : Number.NaN;
    if (!(value <= most)) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return value;
  };
