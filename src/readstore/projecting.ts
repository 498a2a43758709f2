// Who may write the read models when several processes could: one at a time, by a lease on the store's own clock.
import type { ViewWriter } from "./view-writer.ts";

/** A writer to be closed by whoever opened it. */
export type OpenedWriter = ViewWriter & AsyncDisposable;

/** A term during which this process alone projects. */
export interface ProjectorTerm {
  /** Aborted as soon as another process may have begun a term. Whatever is still under way then writes nothing. */
  readonly lost: AbortSignal;
  /** A writer of the read models that serve now, on their last checkpoint. Rejects when the term is lost. */
  open(): Promise<OpenedWriter>;
  /** Ends the term, so that the next process need not wait for its expiry. */
  end(): Promise<void>;
}

export interface ProjectorTerms {
  /** Resolves once this process has a term; rejects with the signal's reason. */
  begin(signal: AbortSignal): Promise<ProjectorTerm>;
}
