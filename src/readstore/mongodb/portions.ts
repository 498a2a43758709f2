/** Values of one `$in`. */
const PORTION = 1_000;

/** Values in portions that a query takes with ease. */
export const inPortions = <T>(values: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(values.length / PORTION) }, (_, at) => values.slice(at * PORTION, (at + 1) * PORTION));
