import { jest } from "@jest/globals";
import { describeReadStore } from "../../contract/describe-read-store.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";

// Each history is projected into a database elsewhere.
jest.setTimeout(180_000);

describeOnMongo("MongoDB", (mongo) => describeReadStore("MongoReadStore", openIn(mongo)));
