// What is asked of resources, told apart by what decides it: the fields of a document, or other documents, which are looked up
// for a slice of resources at a time.
import type { Document } from "mongodb";

/** `Apart`: terms that are decided by other documents. */
export type Condition<Apart> =
  | boolean
  | { readonly kind: "query"; readonly query: Document }
  | { readonly kind: "apart"; readonly term: Apart }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition<Apart>[] }
  | { readonly kind: "not"; readonly of: Condition<Apart> };

export const query = (asked: Document): Condition<never> => ({ kind: "query", query: asked });

/** Terms that are the same for every resource are left out. */
export function joined<Apart>(kind: "and" | "or", all: readonly Condition<Apart>[]): Condition<Apart> {
  const deciding = kind === "or";
  if (all.includes(deciding)) return deciding;
  const of = all.filter((each) => typeof each !== "boolean");
  return of.length === 0 ? !deciding : of.length === 1 ? of[0]! : { kind, of };
}

export const negated = <Apart>(of: Condition<Apart>): Condition<Apart> =>
  typeof of === "boolean" ? !of : { kind: "not", of };

/** The terms that other documents decide. */
export function apartIn<Apart>(condition: Condition<Apart>): readonly Apart[] {
  if (typeof condition === "boolean") return [];
  switch (condition.kind) {
    case "query":
      return [];
    case "apart":
      return [condition.term];
    case "and":
    case "or":
      return condition.of.flatMap(apartIn);
    case "not":
      return apartIn(condition.of);
    default:
      return condition satisfies never;
  }
}

/** What a document must satisfy for the condition to be possible at all, whatever others decide. */
export function possible<Apart>(condition: Condition<Apart>, wanted = true): Condition<never> {
  if (typeof condition === "boolean") return condition;
  switch (condition.kind) {
    case "query":
      return condition;
    case "apart":
      return wanted;
    case "and":
    case "or":
      return joined(
        condition.kind,
        condition.of.map((each) => possible(each, wanted)),
      );
    case "not":
      return negated(possible(condition.of, !wanted));
    default:
      return condition satisfies never;
  }
}

/** The condition with each term apart decided: it is true of the resources with these numbers. */
export function decided<Apart>(
  condition: Condition<Apart>,
  number: "_id" | "rid",
  numbers: (term: Apart) => readonly number[],
): Condition<never> {
  if (typeof condition === "boolean") return condition;
  switch (condition.kind) {
    case "query":
      return condition;
    case "apart": {
      const of = numbers(condition.term);
      return of.length > 0 && query({ [number]: { $in: of } });
    }
    case "and":
    case "or":
      return joined(
        condition.kind,
        condition.of.map((each) => decided(each, number, numbers)),
      );
    case "not":
      return negated(decided(condition.of, number, numbers));
    default:
      return condition satisfies never;
  }
}

/** As MongoDB takes it; false where it is true of nothing. */
export function documentOf(condition: Condition<never>): Document | false {
  if (typeof condition === "boolean") return condition && {};
  return written(condition);
}

function written(condition: Exclude<Condition<never>, boolean>): Document {
  switch (condition.kind) {
    case "query":
      return condition.query;
    case "apart":
      return condition.term;
    case "and":
    case "or":
      return { [`$${condition.kind}`]: condition.of.map((each) => documentOf(each)) };
    case "not":
      return { $nor: [documentOf(condition.of)] };
    default:
      return condition satisfies never;
  }
}

/** What must all hold; a missing one is none. */
export function allOf(all: readonly (Document | undefined)[]): Document {
  const asked = all.filter((one): one is Document => one !== undefined && Object.keys(one).length > 0);
  return asked.length === 1 ? (asked[0] as Document) : { $and: asked };
}
