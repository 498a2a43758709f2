// What requests hold beyond RFC 7644 that only the engine can see, because it takes a filter or an operation to be read.
// The engine reads it, and asks whether it may; each is a rule of the same id in `normalise/rules/engine.ts`.

export type Beyond =
  | "filter-blanks"
  | "filter-literal"
  | "filter-bare-text"
  | "filter-complex-value"
  | "filter-element-sub"
  | "remove-with-value";

/** Whether a request may hold it. Asked only where one does, so what is standard never pays for it. */
export type Accepts = (beyond: Beyond) => boolean;

/** Nothing but the standard. */
export const strictly: Accepts = () => false;
