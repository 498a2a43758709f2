// A process to be killed: writers that change users and groups as fast as they can, and say what was acknowledged.
// Arguments: data folder, round, "atomic" or "single".

import { randomUUIDv7 } from "node:crypto";
import { writeSync } from "node:fs";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { createService } from "../../src/service.ts";
import { context } from "../support/embedded.ts";
import { addMembers, client, removeMember, set } from "../support/requests.ts";

const [folder, round, mode] = process.argv.slice(2) as [string, string, string];
const WRITERS = 12;

DataFolder.hold(folder);
const stores = await openStores(folder, { atomic: mode === "atomic" });
const service = await createService({ ...stores, signal: new AbortController().signal });
stores.onEnded((ended) => service.membershipEnding.begin(ended));
if (service.directory.tenant("acme") === undefined) await service.tenants.create("acme", "Acme", context("acme"));
const { createUser, patchUser, deleteUser, createGroup, patchGroup } = client({ stores, service } as never);

/** At once, as what a stream still holds dies with its process: what was done would then pass for never asked. */
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);

/** Says what is about to be asked for, and, once it was acknowledged, that it was. */
async function step(id: string, will: object, act: () => Promise<unknown>): Promise<void> {
  say({ id, will });
  await act();
  say({ id, done: will });
}

async function writer(number: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = randomUUIDv7();
    const name = `w${number}-r${round}-${n}`;
    await step(id, { userName: name, mark: 0 }, () => createUser({ userName: name, title: "0", nickName: "0" }, id));
    const group = randomUUIDv7();
    await step(group, { members: [id] }, () => createGroup(name, [id], group));
    for (let mark = 1; mark < 4; mark++) {
      const operations = [set("title", String(mark)), set("nickName", String(mark))];
      await step(id, { userName: name, mark }, () => patchUser(id, ...operations));
    }
    await step(id, { userName: `${name}-renamed`, mark: 3 }, () => patchUser(id, set("userName", `${name}-renamed`)));
    await step(group, { members: [] }, () => patchGroup(group, removeMember(id)));
    await step(group, { members: [id] }, () => patchGroup(group, addMembers(id)));
    if (n % 3 === 0) await step(id, { deleted: true }, () => deleteUser(id));
  }
}

say({ started: true });
await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
