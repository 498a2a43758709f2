// Finds at the target who a resource of the source is: by the link of an earlier pass, else by what the two say of themselves.
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../pull/snapshot.ts";
import type { Kind } from "../scim-client/discovery.ts";
import { Refused } from "../scim-client/errors.ts";
import { type Candidate, identityOf, match, NAMES, textOf } from "./core/match.ts";
import { idIn, type Term } from "./target.ts";
import type { WriteContext } from "./write-context.ts";

export type Found =
  | { readonly is: "new" }
  | {
      readonly is: "known";
      readonly id: string;
      readonly current: JsonObject;
      /** Was disabled while nobody at the source was it, and is there again. */
      readonly returned: boolean;
    }
  | { readonly is: "conflict"; readonly reason: string }
  /** A name that it needs is about to be given up by another one of the source. */
  | { readonly is: "later" };

interface Known extends Candidate {
  readonly resource: JsonObject;
}

export class Finder {
  readonly #kind: Kind;
  readonly #context: WriteContext;

  constructor(kind: Kind, context: WriteContext) {
    this.#kind = kind;
    this.#context = context;
  }

  /** By the ordinals of the rows: who may be it at the target, or why the target would not say. */
  async lookUp(rows: readonly Row[]): Promise<ReadonlyMap<number, readonly Known[] | Refused>> {
    const { links } = this.#context;
    const found = new Map<number, readonly Known[] | Refused>();
    const linked = rows.filter(({ sourceId }) => links.targetOf(this.#kind, sourceId) !== undefined);
    await this.#ask(linked, (row) => this.#linkTerms(row), found);
    // A link leads nowhere where somebody deleted the resource at the target.
    for (const row of linked) {
      const candidates = found.get(row.ordinal);
      if (Array.isArray(candidates) && candidates.length === 0) links.unlink(this.#kind, row.sourceId);
    }
    const others = rows.filter(({ sourceId }) => links.targetOf(this.#kind, sourceId) === undefined);
    await this.#ask(others, (row) => this.#nameTerms(row), found);
    return found;
  }

  async #ask(
    rows: readonly Row[],
    termsOf: (row: Row) => readonly Term[],
    found: Map<number, readonly Known[] | Refused>,
  ): Promise<void> {
    const terms = rows.flatMap(termsOf);
    const answer = terms.length === 0 ? [] : await this.#find(terms);
    if (!(answer instanceof Refused)) {
      for (const row of rows) found.set(row.ordinal, this.#among(answer, row, termsOf(row)));
    } else if (rows.length === 1) {
      found.set(rows[0]!.ordinal, answer);
    } else {
      // One value that the target does not take in a filter must not stand in the way of the others.
      for (const row of rows) await this.#ask([row], termsOf, found);
    }
  }

  async #find(terms: readonly Term[]): Promise<readonly Known[] | Refused> {
    try {
      const resources = await this.#context.target.find(this.#kind, terms);
      return resources.flatMap((resource) => {
        const id = idIn(resource);
        return id === undefined ? [] : [{ id, ...identityOf(this.#kind, resource), resource }];
      });
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
  }

  #linkTerms({ sourceId }: Row): readonly Term[] {
    return [{ attribute: "id", value: this.#context.links.targetOf(this.#kind, sourceId)! }];
  }

  #nameTerms(row: Row): readonly Term[] {
    const attribute = NAMES[this.#kind] as "userName" | "displayName";
    const name = textOf(row.body, attribute);
    const { externalId } = row;
    return [
      ...(name === undefined ? [] : [{ attribute, value: name }]),
      ...(externalId === undefined || this.#context.mode === "userName"
        ? []
        : [{ attribute: "externalId" as const, value: externalId }]),
    ];
  }

  #among(answer: readonly Known[], row: Row, terms: readonly Term[]): readonly Known[] {
    const [first] = terms;
    if (first?.attribute === "id") return answer.filter(({ id }) => id === first.value);
    return answer.filter(
      ({ name, externalId }) =>
        (name !== undefined && name === row.name) || (externalId !== undefined && externalId === row.externalId),
    );
  }

  /** Whoever is found is linked at once: no other of the source can become the same. */
  decide(row: Row, candidates: readonly Known[], isLast: boolean): Found {
    const { links, snapshot, mode } = this.#context;
    const linked = links.targetOf(this.#kind, row.sourceId);
    const before = candidates.find(({ id }) => id === linked);
    if (before !== undefined) return this.#known(row, before);
    const twin = this.#twinOf(row);
    if (twin !== undefined) return { is: "conflict", reason: twin };
    const claims = new Map(candidates.map((one) => [one, this.#claimOn(one, row, isLast)]));
    if (!isLast && [...claims.values()].includes("leaving")) return { is: "later" };
    const staying = candidates.filter((one) => claims.get(one) === "none");
    const isTaken = (id: string): boolean =>
      links.sourcesOf(this.#kind, id).some((source) => source !== row.sourceId && snapshot.has(this.#kind, source));
    const result = match(this.#kind, mode, row, staying, isTaken);
    if (result.is !== "known") return result;
    return this.#known(row, candidates.find(({ id }) => id === result.id)!);
  }

  #known(row: Row, { id, resource }: Known): Found {
    const { links } = this.#context;
    links.link(this.#kind, row.sourceId, id);
    return { is: "known", id, current: resource, returned: links.wasDisabled(this.#kind, id) };
  }

  /**
   * Whether the candidate bears the name of this row, and belongs to one that has another name at the source by now:
   * `left` once that one is written, so that a dry run goes the same way.
   */
  #claimOn({ id, name, externalId }: Known, row: Row, isLast: boolean): "none" | "leaving" | "left" {
    if (this.#kind === "Group" || name !== row.name) return "none";
    const { links, snapshot, mode } = this.#context;
    for (const source of links.sourcesOf(this.#kind, id)) {
      const owner = source === row.sourceId ? undefined : snapshot.standing(this.#kind, source);
      if (owner !== undefined && owner.name !== row.name) return owner.isDecided ? "left" : "leaving";
    }
    if (isLast || mode !== "externalId" || externalId === undefined) return "none";
    return snapshot.hasUndecided(row, externalId) ? "leaving" : "none";
  }

  #twinOf(row: Row): string | undefined {
    const { snapshot, mode } = this.#context;
    const word = this.#kind.toLowerCase();
    if (this.#kind === "User" && snapshot.hasTwin(row, "name")) return `another ${word} of the source has its userName`;
    if (mode !== "userName" && snapshot.hasTwin(row, "externalId"))
      return `another ${word} of the source has its externalId`;
    return undefined;
  }
}
