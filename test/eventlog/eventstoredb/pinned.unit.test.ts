import { expect, it } from "@jest/globals";
import manifest from "../../../package.json" with { type: "json" };

it("the client is of one version exactly: what is wrapped in it is protected, not public", () =>
  expect(manifest.dependencies["@eventstore/db-client"]).toMatch(/^\d+\.\d+\.\d+$/u));
