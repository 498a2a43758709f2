import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { context, holdAndStart, temporaryFolder } from "../support/embedded.ts";
import { client, eventually } from "../support/requests.ts";
import { CANARY, filesWithCanary, person } from "./canary.ts";

const DYING = fileURLToPath(new URL("./dying.ts", import.meta.url));

const steps = ["before the log", "before the key", "after the key", "before the completion"] as const;
const cases = ["atomic", "single"].flatMap((mode) => steps.map((step) => [step, mode] as const));

it.each(cases)(
  "kill -9 %s (%s appends): the next start erases whoever the log says is erased, and nobody else",
  async (step, mode) => {
    const folder = temporaryFolder();
    const options = { atomic: mode === "atomic" };
    try {
      const first = await holdAndStart(folder, options);
      const id = await client(first as never).createUser(person);
      const bob = await client(first as never).createUser({ userName: "bob" });
      const group = await client(first as never).createGroup("staff", [id, bob]);
      await first.stop();

      const child = spawn(process.execPath, [DYING, folder, mode, step, id], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      expect((await once(child, "exit"))[1]).toBe("SIGKILL");

      const { stores, service, stop } = await holdAndStart(folder, options);
      const { attributes, members, createUser, deleteUser } = client({ stores, service } as never);
      const types = async () => (await stores.log.read(`scim.user-acme:${id}`, -1)).map(({ type }) => type);
      const whole = ["UserCreated", "UserDeleted", "UserErased", "UserErasureCompleted"];
      if (step === "before the log") {
        expect(await attributes(id)).toMatchObject({ userName: CANARY });
        expect(await types()).toEqual(["UserCreated"]);
      } else {
        expect(await types()).toEqual(whole);
        expect(filesWithCanary(folder)).toEqual([]);
      }
      // A repeat does what is left, if anything, and answers.
      const { outcome } = await service.erasing.erase({ id, reason: "case 17" }, context());
      expect(outcome).toEqual({
        erased: { events: 1, claims: 1 },
        remains: { events: 3, accessIntervals: 3, recordMonths: [] },
      });
      expect(await types()).toEqual(whole);
      const [created] = await stores.log.read(`scim.user-acme:${id}`, -1, 1);
      expect(await stores.vault.open("acme", JSON.parse(created!.envelope).key)).toBeUndefined();
      expect(filesWithCanary(folder)).toEqual([]);
      expect(await attributes(bob)).toMatchObject({ userName: "bob" });
      await eventually(async () => (await members(group)).length === 1);
      await eventually(
        () =>
          createUser({ userName: CANARY })
            .then(deleteUser)
            .then(
              () => true,
              () => false,
            ),
        12_000,
      );
      await stop();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
