// What the command says: amounts, tables, progress, the banner, and what went wrong.
import { readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Io, processIo } from "../../src/cli/io.ts";
import { added, rendered } from "../../src/cli/line.ts";
import { oneLine, printable, printableJson } from "../../src/cli/printable.ts";
import { Problem, sentenceOf } from "../../src/cli/problem.ts";
import { ProgressLine } from "../../src/cli/progress.ts";
import { changeLines } from "../../src/cli/replay/diff.ts";
import { bannerOf } from "../../src/cli/serve/banner.ts";
import { textTable } from "../../src/cli/table.ts";
import { parseDuration, sayBytes, sayCount, sayMany, saySeconds } from "../../src/cli/units.ts";
import { cutTo } from "../../src/cli/width.ts";
import { UnusableDefinitions } from "../../src/definitions-at-start.ts";
import { Unavailable } from "../../src/eventlog/event-log.ts";
import { MongoRefused } from "../../src/readstore/mongodb/connection.ts";
import { NewerFormat } from "../../src/readstore/mongodb/generations/control.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();

/** What moves a cursor, ends a line, or turns the order in which a text is read. */
const OBEYED = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

describe("words of others", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom("\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u001b", "\u009b", "\n", "\r"),
    ),
  });

  it("keep their lines and tabs, and nothing else that a terminal would obey", () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(printable(given).replace(/\r\n|[\n\t]/gu, "")).not.toMatch(OBEYED);
        expect(oneLine(given)).not.toMatch(OBEYED);
        for (const shown of [printable(given), oneLine(given)])
          expect(shown.replaceAll("\ufffd", "").replace(OBEYED, "")).toBe(
            given.replaceAll("\ufffd", "").replace(OBEYED, ""),
          );
      }),
    );
    expect(oneLine("ada\u202etxt.exe\u2069")).toBe("ada\ufffdtxt.exe\ufffd");
    expect(oneLine("👩\u200d💻")).toBe("👩\u200d💻");
    expect(textTable([["a\u001b[2J\n", "b"]])).toEqual(["a\ufffd[2J\ufffd  b"]);
    expect(printable("Zoë 😀\tx\ny \u001b[2J\u009b1m\u007f")).toBe("Zoë 😀\tx\ny \ufffd[2J\ufffd1m\ufffd");
  });

  it("are the same value in JSON, in which no terminal finds an order", () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        expect(printableJson(value)).not.toMatch(OBEYED);
        expect(JSON.parse(printableJson(value, 2))).toEqual(value);
      }),
    );
    expect(printableJson("\u009b2J\u007f")).toBe('"\\u009b2J\\u007f"');
  });

  it("bring no colour of their own and no second line, onto a terminal or into a pipe; a text alone stands there as it is", () => {
    const row = ["by ", added("\u001b[31mada\u202e"), "\u001b[8m\nand more"];
    const terminal = { isTerminal: true, env: {} };
    expect(rendered(row, terminal)).toBe("by \u001b[32m\ufffd[31mada\ufffd\u001b[0m\ufffd[8m\ufffdand more");
    expect(rendered(row, { ...terminal, env: { NO_COLOR: "" } })).toBe("by \ufffd[31mada\ufffd\ufffd[8m\ufffdand more");
    const pipe = { isTerminal: false, env: {} };
    expect(rendered(row, pipe)).toBe("by \ufffd[31mada\ufffd\ufffd[8m\ufffdand more");
    expect(rendered("one\ntwo\u2066", pipe)).toBe("one\ntwo\u2066");
    expect(rendered("one\ntwo\u2066", terminal)).toBe("one\ntwo\ufffd");
  });
});

describe("amounts", () => {
  it.each([
    [sayBytes(0), "0 bytes"],
    [sayBytes(1_536), "1.5 KiB"],
    [sayBytes(3 * 1_048_576), "3.0 MiB"],
    [sayBytes(500 * 1_073_741_824), "500 GiB"],
    [sayCount(7), "7"],
    [sayCount(1_234_567.4), "1 234 567"],
    [sayMany(1, "user"), "1 user"],
    [sayMany(0, "user"), "0 users"],
    [sayMany(1_234, "user"), "1 234 users"],
    [saySeconds(59), "59 s"],
    [saySeconds(200), "3 min 20 s"],
    [saySeconds(7_500), "2 h 5 min"],
  ])("%s", (said, expected) => expect(said).toBe(expected));

  it.each<[string, number | undefined]>([
    ["90d", 7_776_000_000],
    ["12h", 43_200_000],
    ["2w", 1_209_600_000],
    ["0d", undefined],
    ["-1d", undefined],
    ["1.5d", undefined],
    ["d", undefined],
    ["90", undefined],
    ["", undefined],
    ["90 d", undefined],
  ])("the duration “%s” is %s", (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));
});

it("a table's columns begin where their heads begin, whatever the cells", () => {
  const cell = fc.stringMatching(/^[a-z]{0,12}$/u);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
      const lines = textTable([["first", "second"], ...rows]);
      const second = lines[0]!.indexOf("second");
      for (const [index, [first, last]] of rows.entries()) {
        expect(lines[index + 1]!.slice(0, second).trim()).toBe(first);
        expect(lines[index + 1]!.slice(second)).toBe(last);
      }
    }),
  );
});

it("a table is aligned by the columns of a terminal, which wide characters and marks do not take one each", () => {
  const rows = [["東京"], ["👩\u200d👩\u200d👧 e\u0301"], ["abcd"], ["ＡＢ"], [""]];
  expect(textTable(rows.map(([cell]) => [cell!, "|"]))).toEqual(
    ["東京", "👩\u200d👩\u200d👧 e\u0301", "abcd", "ＡＢ", "    "].map((cell) => `${cell}  |`),
  );
});

it.each([
  ["abcdef", 6, "abcdef"],
  ["abcdefg", 6, "abcde…"],
  ["東京都千代田区", 6, "東京…"],
  ["😀😀😀😀", 6, "😀😀…"],
  ["e\u0301".repeat(7), 6, `${"e\u0301".repeat(5)}…`],
])("%s is cut to %i columns between two characters", (text, columns, expected) => {
  expect(cutTo(columns, text)).toBe(expected);
});

describe("progress", () => {
  const watched = (errIsTerminal: boolean) => {
    const written: string[] = [];
    let now = 0;
    const io = { errIsTerminal, progress: (text: string) => void written.push(text) } as unknown as Io;
    const line = new ProgressLine(io, { what: "Copying", say: sayCount, clock: () => now });
    return { written, line, pass: (milliseconds: number) => (now += milliseconds) };
  };

  it("shows share, rate and what is left once it takes a while, then goes away", () => {
    const { written, line, pass } = watched(true);
    line.at(0, 1_000);
    expect(written).toEqual([]);
    pass(1_000);
    line.at(250, 1_000);
    expect(written).toHaveLength(1);
    expect(written[0]).toContain("25 % (250 of 1 000, 250/s, 3 s left)");
    pass(50);
    line.at(300, 1_000);
    expect(written).toHaveLength(1);
    line.end();
    line.end();
    expect(written.slice(1)).toEqual(["\r\u001b[K"]);
  });

  it("is quiet where there is no terminal", () => {
    const { written, line, pass } = watched(false);
    pass(10_000);
    line.at(1, 2);
    line.end();
    expect(written).toEqual([]);
  });
});

describe("the banner", () => {
  const folder = newFolder();
  const served = {
    url: "http://127.0.0.1:3000",
    baseUrl: "https://scim.example.com",
    folder,
    firstTokens: [{ name: "first auditor", forWhom: "auditors", token: "scl_secret" }],
  };

  it("shows tokens on a terminal, and keeps no file of them", () => {
    const text = bannerOf(served, { version: "1", terminal: true }).join("\n");
    expect(text).toContain("scl_secret");
    expect(text).toContain("Listens on  http://127.0.0.1:3000");
    expect(() => readFileSync(`${folder}/first-tokens.txt`)).toThrow();
  });

  it("keeps them in a file where there is none", () => {
    const text = bannerOf(served, { version: "1", terminal: false }).join("\n");
    expect(text).not.toContain("scl_secret");
    expect(readFileSync(`${folder}/first-tokens.txt`, "utf8")).toContain("scl_secret");
  });

  it("says nothing of tokens on a later start", () =>
    expect(bannerOf({ ...served, firstTokens: [] }, { version: "1", terminal: true }).join("\n")).not.toContain(
      "token",
    ));
});

describe("what went wrong", () => {
  const system = (code: string, more: object) => Object.assign(new Error("system says so"), { code, ...more });

  it.each<[string, unknown, string | undefined]>([
    ["a problem", new Problem("no such thing"), "no such thing"],
    ["definitions that cannot be used", new UnusableDefinitions("the file says nothing"), "the file says nothing"],
    [
      "an engine that does not answer",
      new Unavailable("the event store at a:1 is not there", "no"),
      "at a:1 is not there",
    ],
    [
      "a server that cannot be used",
      new MongoRefused("the MongoDB at a is standalone"),
      "the MongoDB at a is standalone",
    ],
    ["read models of a newer version", new NewerFormat("the database is of format 2"), "the database is of format 2"],
    ["a port that is taken", system("EADDRINUSE", { address: "::1", port: 3000 }), "port 3000 of ::1 is taken"],
    ["a path that is not ours", system("EACCES", { path: "/srv/x" }), "/srv/x: permission denied"],
    ["a certificate that is missing", system("ENOENT", { path: "/cert.pem" }), "there is no /cert.pem"],
    ["a sentence of our own", new Error("the log is of another kind"), "the log is of another kind"],
    ["a fault of the program", new TypeError("undefined is no function"), undefined],
    ["an error that nobody foresaw", system("ERR_INTERNAL", {}), undefined],
    ["no error at all", "text", undefined],
  ])("%s", (_, error, expected) => {
    const said = sentenceOf(error);
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(expected);
  });
});

it("a difference says of what came and went that it was there", () => {
  const change = { resource: { type: "User", id: "ada" }, kind: "reverted" as const, events: [] };
  const pipe = { isTerminal: false, env: {} };
  const said = (more: object) => changeLines({ ...change, ...more }, false).map((line) => rendered(line, pipe));
  expect(said({})).toEqual(["  = created, and deleted again"]);
  expect(said({ path: "title", before: "x", after: "x", events: [{}, {}] })).toEqual([
    "  = title (2 times, and back again)",
  ]);
});

describe("stdout", () => {
  const writing = (write: Writable["_write"]) => {
    const stdout = new Writable({ highWaterMark: 1, write });
    const { stderr } = process;
    return { stdout, io: processIo({ stdout, stderr, env: {} } as unknown as NodeJS.Process) };
  };

  it("may lose whoever reads it: that is no fault, and whoever writes can tell", async () => {
    const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    const { io } = writing((_chunk, _encoding, done) => setImmediate(done, gone));
    expect(io.isRead()).toBe(true);
    await io.write("a long answer");
    expect(io.isRead()).toBe(false);
    await io.write("and more of it");
  });

  it("is written no faster than it is read, with nothing left behind", async () => {
    const { stdout, io } = writing((_chunk, _encoding, done) => setImmediate(done));
    const before = stdout.eventNames().map((name) => [name, stdout.listenerCount(name)]);
    for (let count = 0; count < 20; count++) await io.write("a long answer");
    expect(stdout.eventNames().map((name) => [name, stdout.listenerCount(name)])).toEqual(before);
    expect(io.isRead()).toBe(true);
  });
});
