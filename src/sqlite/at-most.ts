/**
 * A LIMIT that a parameter (`?3`) says. As a sum, for SQLite plans a statement anew for each value of a plain parameter there,
 * which takes longer than to run it.
 */
export const atMost = (parameter: string): string => `LIMIT ${parameter} + 0`;
