// The port of whoever keeps heads where the log's administrators cannot write.

export interface Anchor {
  /** What failures and metrics call it. */
  readonly name: string;
  /** Hands a signed head over; resolves once it is kept, and ends by itself within seconds. Repeating it does no harm. */
  hand(tenant: string, note: string): Promise<void>;
}
