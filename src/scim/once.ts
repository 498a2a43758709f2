/** A function of a `Source` that never changes, computed once a source. */
export const once = <Source extends object, Result>(
  compute: (source: Source) => Result,
): ((source: Source) => Result) => {
  const known = new WeakMap<Source, Result>();
  return (source) => {
    let result = known.get(source);
    if (result === undefined) {
      result = compute(source);
      known.set(source, result);
    }
    return result;
  };
};
