// Plans that were made, by the shape of what they are for.
import { shapeOf } from "../../../scim/filter/terms.ts";
import type { ResourceType } from "../../../scim/schema/characteristics.ts";
import type { TypeQuery } from "../../read-store.ts";
import type { Inputs } from "./bindings.ts";
import { type Compiling, compile } from "./compile-plan.ts";
import type { Plan } from "./plan.ts";

/** Plans of one resource type that are kept. A client that asks in ever new shapes makes all of them be made anew, no more. */
const MOST_KEPT = 64;
/** Of all types. A tenant has types of its own, and each kept plan has prepared statements: many tenants must not add up. */
const MOST_IN_ALL = 4_096;
const MOST_TERMS = 20;

export class Plans {
  readonly #compiling: Omit<Compiling, "inputs">;
  #kept = new WeakMap<ResourceType, Map<string, Plan>>();
  /** Plans that were put into `#kept`. */
  #made = 0;

  constructor(compiling: Omit<Compiling, "inputs">) {
    this.#compiling = compiling;
  }

  get(asked: TypeQuery, inputs: Inputs): Plan {
    if (this.#made >= MOST_IN_ALL) this.#forget();
    const ofType = this.#ofType(asked.type);
    const shape = keyOf(asked, inputs);
    let plan = ofType.get(shape);
    if (plan !== undefined) return plan;
    plan = compile(asked, { ...this.#compiling, inputs });
    if (plan.isMomentary || plan.terms > MOST_TERMS) return plan;
    if (ofType.size >= MOST_KEPT) ofType.clear();
    ofType.set(shape, plan);
    this.#made += 1;
    return plan;
  }

  #forget(): void {
    this.#kept = new WeakMap();
    this.#made = 0;
  }

  #ofType(type: ResourceType): Map<string, Plan> {
    let plans = this.#kept.get(type);
    if (plans === undefined) {
      plans = new Map();
      this.#kept.set(type, plans);
    }
    return plans;
  }
}

function keyOf({ filter, sortBy }: TypeQuery, { place, began }: Inputs): string {
  const instant = place === undefined ? "now" : began === undefined ? "then" : "walk";
  return `${instant} ${sortBy?.text ?? ""} ${filter === undefined ? "" : shapeOf(filter)}`;
}
