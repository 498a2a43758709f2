import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { questions } from "../../src/audit/questions.ts";
import { runHere } from "./command.ts";

const VERBS = [
  "serve",
  "token",
  "token issue",
  "token list",
  "token rotate",
  "token remove-secret",
  "token revoke",
  "erase",
  "import",
  "export",
  "audit",
  "audit stream",
  "replay",
  ...["state", "diff", "step", "blame", "trace", "what-if", "check", "revert-plan"].map((verb) => `replay ${verb}`),
  ...questions.map(({ id }) => `audit ${id}`),
  "backup",
  "restore",
  "log copy",
  "keys copy",
  "projections rebuild",
  "projections status",
  "doctor",
  "ledger",
  "verify",
  "witness",
  "audit",
  "replay",
];

describe("the command", () => {
  it.each(VERBS)("explains %s with an example", async (verb) => {
    const { code, stdout, stderr } = await runHere([...verb.split(" "), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: scim-ledger ${verb}`);
    expect(stdout).toMatch(/Examples:\n {2}\S/u);
  });

  it.each([[["help"]], [["help", "token"]]])("%j shows what was asked for", async (args) => {
    expect(await runHere(args)).toEqual({ code: 0, stdout: expect.stringContaining("Usage: scim-ledger"), stderr: "" });
  });

  it.each([[[]], [["token"]]])("%j is incomplete: the verbs are listed", async (args) => {
    const { code, stdout, stderr } = await runHere(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: scim-ledger");
  });

  it("refuses what it does not know in two lines, and says where help is", async () => {
    for (const args of [
      ["nonsense"],
      ["token", "nonsense"],
      ["serve", "--fast"],
      ["backup"],
      ["import"],
      ["import", "--to", "https://x", "--at-most", "120%"],
      ["import", "--to", "https://x", "--watch", "soon"],
      ["import", "--to", "https://x", "--match", "guess"],
      ["export", "--from", "https://x"],
      ["doctor", "x"],
    ]) {
      const { code, stdout, stderr } = await runHere(args);
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toMatch(/^error: .*\n+(?:\(Did you mean .*\n+)?Add --help to see how it is used\.\n$/u);
    }
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await runHere(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});
