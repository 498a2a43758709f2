// The connection is cut at each command of a batch, before the server got it or after. Whatever came of it: the same projector
// goes on, or another one after its death, and the read models are the same.
import { expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { History } from "../../projections/history.ts";
import { type Cut, CutWire } from "../../support/cut-wire.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { dumpOf, projectInto } from "./views.ts";

interface Cast {
  readonly people: readonly string[];
  readonly group: string;
}

/** What the next round is about: stored before it. */
function prepare(history: History, round: number): Cast {
  const people = ["ada", "bob", "eve"].map((name) =>
    history.createUser({ userName: `${name} ${round}`, active: true, roles: [{ value: "admin" }] }),
  );
  const group = history.createGroup({ displayName: `All ${round}` }, people.slice(0, 2));
  history.changeUser(people[2]!, { userName: `eva ${round}` });
  return { people, group };
}

/** Nearly everything that a batch can do. */
function act(history: History, { people, group }: Cast): void {
  const [ada, bob, eve] = people as [string, string, string];
  history.erase(eve);
  history.changeUser(ada, { userName: `was ${ada}`, active: false });
  history.remove(group, [ada]);
  history.change(group, [bob, eve, ada], "completed");
  history.change(group, [bob], "open");
  history.createGroupInParts({ displayName: "Parts" }, [bob]);
  history.deleteUser(bob);
  history.claim();
}

/** More than a batch has: those beyond its last are not cut. */
const COMMANDS = 24;

describeOnMongo("a batch whose connection is cut", ({ uri, database, newGeneration }) => {
  const clientOf = (wire: CutWire) =>
    new MongoClient(wire.uri(database.databaseName), { serverSelectionTimeoutMS: 3_000, heartbeatFrequencyMS: 500 });

  const expectWhole = async (generation: string, history: History) => {
    const whole = newGeneration();
    await projectInto(database, whole, history);
    expect(await dumpOf(database, generation)).toEqual(await dumpOf(database, whole));
  };

  for (const how of ["before", "after"] satisfies Cut[]) {
    it(`at any command, ${how} the server did it, is neither lost nor doubled`, async () => {
      const history = new History();
      const generation = newGeneration();
      await using wire = await CutWire.open(uri);
      await using client = clientOf(wire);
      const writer = await MongoViewWriter.open({ database: client.db(), generation, epoch: 1 });
      const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: history.openKey });
      for (let command = 1; command <= COMMANDS; command++) {
        const cast = prepare(history, command);
        await projector.project(history.events);
        act(history, cast);
        wire.cutAt(command, how);
        await projector.project(history.events);
        if (command === 1) expect(wire.commands).toBeGreaterThan(15);
        wire.mend();
      }
      await writer[Symbol.asyncDispose]();
      await expectWhole(generation, history);
    }, 60_000);

    it(`for good, ${how} the server did a command, is taken up by another projector at once`, async () => {
      const history = new History();
      const { openKey } = history;
      const generation = newGeneration();
      const closing: Promise<void>[] = [];
      for (let command = 1; command <= COMMANDS; command += 3) {
        const cast = prepare(history, command);
        await projectInto(database, generation, history, { epoch: 2 * command });
        act(history, cast);
        const wire = await CutWire.open(uri);
        const client = clientOf(wire);
        const writer = await MongoViewWriter.open({ database: client.db(), generation, epoch: 2 * command });
        const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: openKey });
        wire.cutAt(command, how, { stays: true });
        const projected = projector.project(history.events).catch(() => undefined);
        await Promise.race([wire.cut, projected]);
        const since = performance.now();
        await projectInto(database, generation, history, { epoch: 2 * command + 1 });
        expect(performance.now() - since).toBeLessThan(5_000);
        closing.push(client.close().then(() => wire[Symbol.asyncDispose]()));
      }
      await Promise.all(closing);
      await expectWhole(generation, history);
    }, 60_000);
  }
});
