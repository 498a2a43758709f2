// How an event is declared: its name, version, clear data and personal values, once; type, check and maker come from here.
import type { z } from "zod";

/** What an erased value reads as. */
export const ERASED = "[erased]";

/** An event before it is sealed, and after it is opened. `personal` is "erased" once its key is destroyed. */
export interface DomainEvent<Type extends string = string, Data = unknown, Personal = unknown> {
  readonly type: Type;
  readonly version: number;
  /** Stored in clear. Deciders build it in sorted order: RFC 8785 then is one call of JSON.stringify. */
  readonly data: Data;
  /** Stored encrypted under the subject's key; absent where the event has none. */
  readonly personal?: Personal | "erased";
}

export interface EventDeclaration<Type extends string, D extends z.ZodType, P extends z.ZodType | undefined> {
  (
    ...values: P extends z.ZodOptional
      ? [data: z.input<D>, personal?: z.input<P>]
      : P extends z.ZodType
        ? [data: z.input<D>, personal: z.input<P>]
        : [data: z.input<D>]
  ): DomainEvent<Type, z.output<D>, P extends z.ZodType ? Exclude<z.output<P>, undefined> : never>;
  readonly type: Type;
  readonly version: number;
  readonly data: D;
  readonly personal: P;
}

/** Declares version `version` of an event. A new version stands beside the old one, with an upcaster. */
export function event<Type extends string, D extends z.ZodType, P extends z.ZodType | undefined = undefined>(
  type: Type,
  version: number,
  data: D,
  personal?: P,
): EventDeclaration<Type, D, P> {
  const make = (clear: z.input<D>, values?: unknown) =>
    values === undefined ? { type, version, data: clear } : { type, version, data: clear, personal: values };
  return Object.assign(make, { type, version, data, personal }) as unknown as EventDeclaration<Type, D, P>;
}

/** The union of the events that these declarations make. */
export type EventOf<Declarations> =
  Declarations extends EventDeclaration<infer Type, infer D, infer P>
    ? DomainEvent<Type, z.output<D>, P extends z.ZodType ? Exclude<z.output<P>, undefined> : never>
    : never;

/** An event with its place in its stream: what `evolve` folds. */
export interface Fact<E = DomainEvent> {
  readonly event: E;
  readonly revision: number;
  /** Microseconds since 1970 UTC. */
  readonly at: number;
  /** Id of the data key that sealed the personal values. */
  readonly key?: string;
}
