// Amounts as people read and write them.

const BYTE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `1536` → `1.5 KiB`. */
export function sayBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (amount >= 1_024 && unit < BYTE_UNITS.length - 1) [amount, unit] = [amount / 1_024, unit + 1];
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** `1234567` → `1 234 567`. */
export const sayCount = (count: number): string => String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/gu, " ");

/** `1 user`, `2 users`. */
export const sayMany = (count: number, one: string): string => `${sayCount(count)} ${one}${count === 1 ? "" : "s"}`;

/** Whole seconds as `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function saySeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const DURATIONS: ReadonlyMap<string, number> = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);

/** `90d`, `12h`, `30m` → milliseconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const unit = DURATIONS.get(text.slice(-1));
  const amount = /^[0-9]{1,6}$/u.test(text.slice(0, -1)) ? Number(text.slice(0, -1)) : 0;
  return unit === undefined || amount === 0 ? undefined : amount * unit;
}
