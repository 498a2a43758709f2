import { expect, it } from "@jest/globals";
import { refuseOtherKeys } from "../../src/stores/same-keys.ts";
import { describeOnMongo } from "../support/mongodb.ts";

const vaultOf = (byte: number) => ({
  prepareTenant: async () => undefined,
  claimKey: () => new Uint8Array(32).fill(byte),
});

describeOnMongo("nodes with other keys", (mongo) => {
  it("are refused, however many begin at once; the first one's keys are those of all", async () => {
    const begun = await Promise.allSettled([1, 1, 1].map((byte) => refuseOtherKeys(mongo.database, vaultOf(byte))));
    expect(begun.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    await expect(refuseOtherKeys(mongo.database, vaultOf(2))).rejects.toThrow("not those of the nodes before it");
    await refuseOtherKeys(mongo.database, vaultOf(1));
  });

  it("leave nothing of their keys in the database but what tells them apart", async () => {
    const kept = await mongo.database.collection("nodes").findOne({});
    expect(JSON.stringify(kept)).not.toContain(Buffer.from(vaultOf(1).claimKey()).toString("base64url"));
  });
});
