import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { answerOut } from "../../src/cli/answer-out.ts";

async function written(pieces: readonly string[], outIsTerminal: boolean): Promise<string> {
  let text = "";
  const write = async (piece: string) => {
    text += piece;
  };
  const out = answerOut({ write, outIsTerminal });
  for (const piece of pieces) await out.write(piece);
  await out.end();
  return text;
}

const pieces = fc.array(
  fc.string({
    unit: fc.constantFrom(
      "a",
      "é",
      "\r",
      "\n",
      "\t",
      "\u001b",
      "\u009b",
      "\u0007",
      "\u007f",
      "\u0000",
      "\u202e",
      "\u2066",
      "😀",
    ),
  }),
);

describe("an answer on its way to stdout", () => {
  it("is the bytes that came, in a pipe", () =>
    fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        expect(await written(given, false)).toBe(given.join(""));
      }),
    ));

  it("has no control characters on a terminal but tabs and the ends of lines, however it was cut", () =>
    fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        const text = await written(given, true);
        expect(text.replaceAll("\r\n", "\n")).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
        expect(text.replaceAll("\ufffd", "")).toBe(
          given.join("").replace(/\r(?!\n)|[^\P{Cc}\r\n\t]|\p{Bidi_Control}/gu, ""),
        );
        expect(await written([given.join("")], true)).toBe(text);
      }),
    ));
});
