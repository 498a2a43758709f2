// Makes a data set in an empty data folder: its history is written straight into the log, and the service projects it when
// it starts, as it would after a restore. As a program: node bench/generate.ts <folder> <data set> [<namespace>].
import { mkdirSync } from "node:fs";
import { claimed } from "../src/domain/claim.ts";
import { GroupMembersAdded, UserAttributesChanged } from "../src/domain/events.ts";
import { absentGroup, decide as decideGroup } from "../src/domain/group.ts";
import { uniqueValues } from "../src/domain/unique-values.ts";
import { absentUser, decide as decideUser } from "../src/domain/user.ts";
import { parseResource } from "../src/scim/resource/parse.ts";
import { userType } from "../src/scim/schema/resource-types.ts";
import type { DataKey } from "../src/vault/key-vault.ts";
import { type DataSet, type DataSetName, dataSets, eventsIn, groupsOf } from "./data/data-set.ts";
import { HistoryWriter } from "./data/history-writer.ts";
import { groupId, nameOf, userAttributes, userId } from "./data/identity.ts";

/** What later events of a resource need to know of it. */
interface Written {
  readonly key: DataKey;
  revision: number;
  changes: number;
}

class History {
  readonly #writer: HistoryWriter;
  readonly #set: DataSet;
  /** Kept only where something changes later. */
  readonly #users: Written[] = [];
  readonly #groups: Written[] = [];
  #created = 0;
  #joined = 0;

  constructor(writer: HistoryWriter, set: DataSet) {
    this.#writer = writer;
    this.#set = set;
  }

  /** A set without changes is a directory, written resource by resource; one with changes is a mix of all kinds. */
  write(): void {
    const { users, spare, attributeChanges, memberChanges } = this.#set;
    if (attributeChanges + memberChanges > 0) {
      this.#createGroups();
      this.#mix();
    } else {
      while (this.#created < users + spare) this.#createUser();
      this.#createGroups();
    }
  }

  /** Creations and changes in the proportion of the set, each change on what exists by then. */
  #mix(): void {
    let { users, attributeChanges, memberChanges } = this.#set;
    while (users + attributeChanges + memberChanges > 0) {
      const any = Math.random() * (users + attributeChanges + memberChanges);
      if (users > 0 && (any < users || this.#joined >= this.#created)) {
        users--;
        this.#createUser();
      } else if (memberChanges > 0 && (any < users + memberChanges || attributeChanges === 0)) {
        memberChanges--;
        this.#addMember();
      } else {
        attributeChanges--;
        this.#changeTitle();
      }
    }
  }

  #createUser(): void {
    const index = this.#created++;
    const id = userId(index);
    const key = this.#writer.newKey();
    const { attributes } = parseResource(userType, userAttributes(nameOf(index), index), "create");
    const claimId = (path: string) => `${id}:${path}`;
    const claims = uniqueValues(userType, attributes).map((value) => ({
      stream: this.#writer.claimStreamOf(value),
      revision: -1,
      key,
      events: [claimed(value.path, id, claimId(value.path))],
    }));
    const events = decideUser({ type: "CreateUser", id, attributes, password: false }, absentUser, claimId);
    this.#writer.write(...claims, { stream: this.#writer.streamOf("user", id), revision: -1, key, events });
    if (this.#set.attributeChanges > 0) this.#users.push({ key, revision: 0, changes: 0 });
  }

  #createGroups(): void {
    for (const { index, members } of groupsOf(this.#set)) {
      const id = groupId(index);
      const key = this.#writer.newKey();
      const attributes = { displayName: `Group ${index}` };
      const events = decideGroup({ type: "CreateGroup", id, attributes, members: members.map(userId) }, absentGroup, {
        changeId: `${id}:members`,
        isLive: () => true,
        describe: () => ({}),
      });
      this.#writer.write({ stream: this.#writer.streamOf("group", id), revision: -1, key, events });
      if (this.#set.memberChanges > 0) this.#groups.push({ key, revision: events.length - 1, changes: 0 });
    }
  }

  #changeTitle(): void {
    const index = Math.floor(Math.random() * this.#created);
    const user = this.#users[index]!;
    const title = (number: number) => (number === 0 ? "Engineer" : `Engineer ${number}`);
    const change = { path: "title", before: title(user.changes), after: title(++user.changes) };
    const event = UserAttributesChanged(
      { paths: ["title"], cleared: [], granted: [], revoked: [] },
      { changes: [change] },
    );
    this.#writer.write({
      stream: this.#writer.streamOf("user", userId(index)),
      revision: user.revision++,
      key: user.key,
      events: [event],
    });
  }

  #addMember(): void {
    const member = this.#joined++;
    const index = member % this.#groups.length;
    const group = this.#groups[index]!;
    const events = [GroupMembersAdded({ members: [userId(member)] })];
    this.#writer.write({
      stream: this.#writer.streamOf("group", groupId(index)),
      revision: group.revision++,
      key: group.key,
      events,
    });
  }
}

const [folder, name, namespace] = process.argv.slice(2);
const set = name === undefined ? undefined : dataSets[name as DataSetName];
if (folder === undefined || set === undefined)
  throw new Error(`usage: node bench/generate.ts <folder> <${Object.keys(dataSets).join("|")}> [<namespace>]`);
mkdirSync(folder, { recursive: true });
using writer = new HistoryWriter(folder, eventsIn(set), namespace === undefined ? {} : { namespace });
new History(writer, set).write();
