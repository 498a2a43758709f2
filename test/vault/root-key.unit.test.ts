import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "@jest/globals";
import { makeRootKeyFile, readRootKeyFile } from "../../src/vault/root-key.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();

it("a root key is made once, in a folder that nobody else may look into, whether that was there or not", () => {
  const path = join(newFolder(), "not", "there", "root.key");
  makeRootKeyFile(path);
  const made = readRootKeyFile(path);
  expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
  makeRootKeyFile(path);
  expect(readRootKeyFile(path)).toEqual(made);
});
