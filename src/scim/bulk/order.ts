// The order in which operations that refer to each other can be carried out (RFC 7644 §3.7: it may differ from that of the
// request, as long as the client's intent is served).

/**
 * `references[i]`: the operations that `i` refers to. The answer has every operation once: in the order of the request,
 * except that an operation comes before the first one that refers to it. Operations that refer to each other in a circle are
 * one step (RFC 7644 §3.7.1). Strongly connected components, after Tarjan and Pearce, without recursion: a chain of references may be as
 * long as the request.
 */
export function inOrder(references: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const steps: number[][] = [];
  /** In which order an operation was come to, from 1; 0: not yet. */
  const place = new Uint32Array(references.length);
  /** The earliest place that can be reached from an operation through operations that belong to no step yet. */
  const earliest = new Uint32Array(references.length);
  const looked = new Uint32Array(references.length);
  const isInStep = new Uint8Array(references.length);
  const path: number[] = [];
  const finished: number[] = [];
  let places = 0;
  const enter = (operation: number) => {
    places += 1;
    place[operation] = earliest[operation] = places;
    path.push(operation);
  };
  const reach = (from: number, to: number) => {
    earliest[from] = Math.min(earliest[from] as number, to);
  };
  const leave = (operation: number) => {
    path.pop();
    const before = path.at(-1);
    if (before !== undefined) reach(before, earliest[operation] as number);
    const own = place[operation] as number;
    if ((earliest[operation] as number) < own) {
      finished.push(operation);
      return;
    }
    let start = finished.length;
    while (start > 0 && (place[finished[start - 1] as number] as number) > own) start -= 1;
    const step = [...finished.splice(start), operation];
    for (const one of step) isInStep[one] = 1;
    steps.push(step);
  };
  for (let first = 0; first < references.length; first++) {
    if (place[first] !== 0) continue;
    enter(first);
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const next = (references[here] as readonly number[])[(looked[here] as number)++];
      if (next === undefined) leave(here);
      else if (place[next] === 0) enter(next);
      else if (isInStep[next] === 0) reach(here, place[next] as number);
    }
  }
  return steps;
}
