// Writes access intervals.
import type { GrantChange } from "../../view-writer.ts";
import { causeCode, heldCode } from "../codes.ts";
import type { WritableNames } from "../names.ts";
import type { Statements } from "../statements.ts";

/** Subjects remembered; neither number nor type ever changes. */
const REMEMBERED = 100_000;

interface Subject {
  readonly rid: number;
  readonly isGroup: boolean;
}

export class GrantWriter {
  readonly #statements: Statements;
  readonly #names: WritableNames;
  readonly #known = new Map<string, Subject>();

  constructor(statements: Statements, names: WritableNames) {
    this.#statements = statements;
    this.#names = names;
  }

  /** A subject or group that no event created cannot be seen by any reader: its grants are passed over. */
  save(change: GrantChange): void {
    const subject = this.#subject(change.tenant, change.subject);
    if (subject === undefined) return;
    if (change.kind === "group") this.#saveMember(change, subject);
    else this.#saveHeld(change, change.kind, subject.rid);
  }

  /** Of a user or group that an event created. */
  numberOf(tenant: string, id: string): number | undefined {
    return this.#subject(tenant, id)?.rid;
  }

  /** After a rollback, and where memory is wanted back. */
  forget(): void {
    this.#known.clear();
  }

  #saveMember(change: GrantChange, { rid: member, isGroup }: Subject): void {
    const group = this.#subject(change.tenant, change.target)?.rid;
    if (group === undefined) return;
    const nested = isGroup ? 1 : 0;
    if (change.open) {
      this.#statements
        .get("INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?)")
        .run(group, member, change.place, nested);
      return;
    }
    const ended = this.#statements
      .get("DELETE FROM members WHERE grp = ? AND member = ? RETURNING since")
      .get(group, member) as unknown as [number] | undefined;
    if (ended === undefined || ended[0] === change.place) return;
    this.#statements
      .get("INSERT INTO members_past VALUES (?, ?, ?, ?, ?, ?)")
      .run(group, member, ended[0], change.place, causeCode(change.cause ?? "removed"), nested);
  }

  #saveHeld(change: GrantChange, kind: Exclude<GrantChange["kind"], "group">, rid: number): void {
    const { open, target, element = "", place } = change;
    if (open) {
      this.#statements
        .get("INSERT OR IGNORE INTO holds VALUES (?, ?, ?, ?, ?)")
        .run(rid, heldCode(kind), target, element, place);
      return;
    }
    const ended = this.#statements
      .get("DELETE FROM holds WHERE rid = ? AND kind = ? AND target = ? AND element = ? RETURNING since")
      .get(rid, heldCode(kind), target, element) as unknown as [number] | undefined;
    if (ended === undefined || ended[0] === place) return;
    this.#statements
      .get("INSERT INTO holds_past VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(rid, heldCode(kind), target, element, ended[0], place, causeCode(change.cause ?? "revoked"));
  }

  #subject(tenant: string, id: string): Subject | undefined {
    const key = `${tenant}/${id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const row = this.#statements
      .get("SELECT rid, type FROM resources WHERE tenant = ? AND id = ?")
      .get(this.#names.number(tenant), id) as unknown as [number, number] | undefined;
    if (row === undefined) return undefined;
    const subject = { rid: row[0], isGroup: row[1] === this.#names.find("Group") };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, subject);
    return subject;
  }
}
