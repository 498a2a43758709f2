// What the node that holds the lease does for all: it projects the log into the read models, and tells who ceased to exist.
import type { FindKey } from "../eventlog/codec.ts";
import type { Visibility } from "../eventlog/visibility.ts";
import type { Logger } from "../http/log.ts";
import { type Projecting, projectWhile } from "../nodes/projecting.ts";
import type { Term } from "../nodes/terms.ts";
import { AsynchronousProjector, type AsynchronousProjectorOptions } from "../projections/asynchronous-projector.ts";
import { type EndedLife, endedLives } from "../projections/ended-lives.ts";
import { Superseded } from "../readstore/view-writer.ts";
import type { OpenedLog } from "./open-log.ts";
import type { Views } from "./views.ts";

interface ProjectionParts {
  readonly log: OpenedLog;
  readonly views: Views;
  readonly visibility: Visibility;
  readonly findKey: FindKey;
  readonly say: Logger;
}

export class ProjectionDuty {
  readonly #parts: ProjectionParts;
  readonly #ended: ((ended: EndedLife) => void)[] = [];
  readonly #takenUp: (() => void)[] = [];
  #failing = "";
  #projecting: Projecting | undefined;

  constructor(parts: ProjectionParts) {
    this.#parts = parts;
  }

  /** Why they fall behind, as the end of a sentence; empty where nothing failed. */
  get failing(): string {
    return this.#failing;
  }

  /** Whether this node's last projector has failed at nothing. */
  get goesWell(): boolean {
    return this.#projecting?.failed.aborted === false;
  }

  onEnded(listener: (ended: EndedLife) => void): void {
    this.#ended.push(listener);
  }

  onTakenUp(listener: () => void): void {
    this.#takenUp.push(listener);
  }

  /** Until the term is over. */
  attend(term: Term): Promise<void> {
    const { log, views, visibility, findKey, say } = this.#parts;
    return projectWhile({
      log,
      open: async (onStored) => {
        this.#projecting = await openProjector(views, term, { namespace: log.namespace, findKey, onStored });
        return this.#projecting;
      },
      signal: term.signal,
      onTakenUp: () => {
        for (const listener of this.#takenUp) listener();
      },
      onProjected: (position, events) => {
        visibility.advance(position);
        if (events.length > 0) this.#failing = "";
        for (const ended of endedLives(events)) for (const listener of this.#ended) listener(ended);
      },
      onFailure: (error) => {
        this.#failing = ", since they could not be written; they are taken up again";
        say.warn({ err: error }, "the read models could not be written; they are taken up again");
      },
      isOver: (error) => error instanceof Superseded,
    });
  }
}

/** Goes on from the checkpoint that is stored; closing it closes the writer. */
async function openProjector(views: Views, term: Term, options: AsynchronousProjectorOptions): Promise<Projecting> {
  const writer = await views.openWriter(term);
  const projector = await AsynchronousProjector.resume(writer, options);
  return {
    get position() {
      return projector.position;
    },
    failed: projector.failed,
    take: (events) => projector.take(events),
    settled: () => projector.settled(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}
