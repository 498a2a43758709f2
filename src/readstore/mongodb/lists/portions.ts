/** Values of one `$in`. */
export const PORTION = 1_000;

/** What a portion finds comes in one answer, not in many of the usual hundred. */
export const AT_ONCE = { batchSize: 2 * PORTION } as const;

/** Values in portions that a query takes with ease. */
export const inPortions = <T>(values: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(values.length / PORTION) }, (_, at) => values.slice(at * PORTION, (at + 1) * PORTION));
