// xsd:dateTime as RFC 7643 §2.3.5 wants it: date and time both there. Read by hand, so that an instant keeps its
// microseconds and nothing that merely looks like a date (`2024`, `May 1`) passes.

const DAY = 86_400;

/** Days since 1970-01-01 in the proleptic Gregorian calendar; the year begins in March, so that leap days come last. */
const daysSinceEpoch = (year: number, month: number, day: number): number => {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
};

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** The number written with exactly `count` digits at `at`; NaN if they are not all digits. */
const digits = (text: string, at: number, count: number): number => {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const unit = text.charCodeAt(i);
    if (!isDigit(unit)) return Number.NaN;
    value = value * 10 + unit - 48;
  }
  return value;
};

/** The offset in seconds written from `at` to the end; none means UTC. NaN if it is no offset. */
const offsetSeconds = (text: string, at: number): number => {
  if (at === text.length) return 0;
  if (text[at] === "Z") return at + 1 === text.length ? 0 : Number.NaN;
  const sign = text[at] === "+" ? 1 : text[at] === "-" ? -1 : Number.NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (text[at + 3] !== ":" || text.length !== at + 6 || minutes > 59 || hours * 60 + minutes > 14 * 60)
    return Number.NaN;
  return sign * (hours * 60 + minutes) * 60;
};

/** Seconds since the epoch of `YYYY-MM-DDThh:mm:ss` at this offset; NaN if there is no such moment. */
const wholeSeconds = (text: string, offset: number): number => {
  if (text[4] !== "-" || text[7] !== "-" || text[10] !== "T" || text[13] !== ":" || text[16] !== ":") return Number.NaN;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)];
  const [hour, minute, second] = [digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)];
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  if (!(hour <= 24 && minute <= 59 && second <= 60)) return Number.NaN;
  if (hour === 24 && (minute > 0 || second > 0)) return Number.NaN;
  const seconds = daysSinceEpoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
  // A leap second ends a day of UTC; it counts as the first second of the next day, as in POSIX time.
  return second === 60 && seconds % DAY !== 0 ? Number.NaN : seconds;
};

/**
 * Microseconds since 1970 UTC of an xsd:dateTime, undefined for anything else. Digits beyond the sixth of a fraction are
 * dropped. Outside the years 1684 to 2255 microseconds are not safe integers, and the whole fraction is dropped, which
 * keeps every result exact both as a double and as a decimal.
 */
export const parseDateTime = (text: string): number | undefined => {
  let end = 19;
  let micros = 0;
  if (text[end] === ".") {
    end++;
    let unit = 100_000;
    for (; isDigit(text.charCodeAt(end)); end++) {
      micros += (text.charCodeAt(end) - 48) * Math.floor(unit);
      unit /= 10;
    }
    if (end === 20) return undefined;
  }
  const seconds = wholeSeconds(text, offsetSeconds(text, end));
  if (Number.isNaN(seconds) || (micros > 0 && text.startsWith("24", 11))) return undefined;
  const instant = seconds * 1_000_000 + micros;
  return Number.isSafeInteger(instant) ? instant : seconds * 1_000_000;
};
