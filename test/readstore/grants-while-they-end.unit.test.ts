// Between two statements of a reader the writer may commit: a membership that ends then is told once, and not lost.
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "@jest/globals";
import { positionOf, START } from "../../src/eventlog/event-log.ts";
import { Names } from "../../src/readstore/sqlite/names.ts";
import { GrantReader } from "../../src/readstore/sqlite/reading/grant-reader.ts";
import { Statements } from "../../src/readstore/sqlite/statements.ts";

const [GROUP, USER, SINCE, TILL] = [1, 2, 3, 4];

/** Ends all that holds once so many statements have been asked for. */
class Ending extends Statements {
  readonly #database: DatabaseSync;
  #left: number;

  constructor(database: DatabaseSync, after: number) {
    super(database);
    this.#database = database;
    this.#left = after;
  }

  override get(sql: string) {
    if (this.#left-- === 0)
      this.#database.exec(`
        INSERT INTO members_past SELECT grp, member, since, ${TILL}, 0, nested FROM members; DELETE FROM members;
        INSERT INTO holds_past SELECT rid, kind, target, element, since, ${TILL}, 0 FROM holds; DELETE FROM holds`);
    return super.get(sql);
  }
}

it.each([0, 1, 2, 3, 4])("after %i statements", (after) => {
  const database = new DatabaseSync(":memory:");
  database.exec(`
    CREATE TABLE resources (rid INTEGER PRIMARY KEY, type, till, id, display);
    CREATE INDEX resources_told ON resources (rid, type, till, id, display);
    CREATE TABLE members (grp, member, since, nested);
    CREATE TABLE members_past (grp, member, since, till, cause, nested);
    CREATE TABLE holds (rid, kind, target, element, since);
    CREATE TABLE holds_past (rid, kind, target, element, since, till, cause);
    INSERT INTO resources VALUES (${GROUP}, 1, NULL, 'g', NULL), (${USER}, 2, NULL, 'u', NULL);
    INSERT INTO members VALUES (${GROUP}, ${USER}, ${SINCE}, 0);
    INSERT INTO holds VALUES (${USER}, 1, 'admin', '1', ${SINCE})`);
  const statements = new Ending(database, after);
  const reader = new GrantReader(statements, new Names(statements));
  const found = reader.of("u", { rid: USER, type: "User", until: null }, START, positionOf(TILL));
  expect(found.map(({ target, from }) => [target, from])).toEqual([
    ["g", positionOf(SINCE)],
    ["admin", positionOf(SINCE)],
  ]);
  database.close();
});
