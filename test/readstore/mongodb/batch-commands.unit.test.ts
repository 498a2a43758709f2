// How many commands a small batch is: they go to MongoDB one after the other, and whoever wrote waits for all of them.
import { expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";

describeOnMongo("a small batch", ({ uri, database, newGeneration }) => {
  /** The commands that come of what is done, once everything before it is stored and remembered. */
  async function commandsOf(history: History, act: () => void): Promise<readonly string[]> {
    const commands: string[] = [];
    await using client = new MongoClient(uri, { monitorCommands: true });
    const generation = newGeneration();
    await using writer = await MongoViewWriter.open({
      database: client.db(database.databaseName),
      generation,
      epoch: 1,
    });
    const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: history.openKey });
    await projector.project(history.events);
    // What the last batch left is at hand.
    history.claim();
    await projector.project(history.events.slice(-1));
    const stored = history.events.length;
    act();
    client.on("commandStarted", ({ commandName, command }) => {
      const of = command[commandName];
      commands.push(typeof of === "string" ? `${commandName} ${of.slice(generation.length + 1)}` : commandName);
    });
    await projector.project(history.events.slice(stored));
    client.removeAllListeners("commandStarted");
    return commands;
  }

  function begun() {
    const history = new History();
    const ada = history.createUser({ userName: "ada", title: "Countess" });
    const group = history.createGroup({ displayName: "All" }, [history.createUser({ userName: "bob" })]);
    return { history, ada, group };
  }

  it("with a claim and a creation is four writes and the commit", async () => {
    const { history } = begun();
    const commands = await commandsOf(history, () => {
      history.claim();
      history.createUser({ userName: "eve" });
    });
    expect(commands).toEqual([
      "update state",
      "insert holds",
      "insert resources",
      "insert activity",
      "commitTransaction",
    ]);
  });

  it("with a changed attribute reads the resource, and is four writes and the commit", async () => {
    const { history, ada } = begun();
    const commands = await commandsOf(history, () => history.changeUser(ada, { userName: "ada", title: "Programmer" }));
    expect(commands).toEqual([
      "find resources",
      "update state",
      "update resources",
      "insert versions",
      "insert activity",
      "commitTransaction",
    ]);
  });

  it("with a member who joins writes one id into the member's document, not the list", async () => {
    const { history, ada, group } = begun();
    const commands = await commandsOf(history, () => history.add(group, [ada]));
    expect(commands.slice(-5)).toEqual([
      "update state",
      "insert members",
      "update resources",
      "insert activity",
      "commitTransaction",
    ]);
  });
});
