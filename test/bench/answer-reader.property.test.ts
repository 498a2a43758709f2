import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Answer, AnswerReader } from "../../bench/load/answer-reader.ts";

const sized = fc.record({ status: fc.constantFrom(200, 201, 400, 503), body: fc.string() }).map(({ status, body }) => ({
  status,
  text: `HTTP/1.1 ${status} Any\r\ncontent-LENGTH: ${Buffer.byteLength(body)}\r\nX: y\r\n\r\n${body}`,
}));
const chunked = fc.array(fc.string({ minLength: 1 })).map((chunks) => ({
  status: 200,
  text: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`)
    .join("")}0\r\n\r\n`,
}));
const empty = fc.constant({ status: 204, text: "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n" });

function readInPieces(reader: AnswerReader, bytes: Buffer, cuts: readonly number[]): (Answer | undefined)[] {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places
    .slice(1)
    .map((end, index) => bytes.subarray(places[index], end))
    .filter((piece) => piece.length > 0)
    .map((piece) => reader.take(Buffer.from(piece)));
}

describe("the load generator's reader of answers", () => {
  it("finds the end of each answer, however the bytes arrive", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(sized, chunked, empty), fc.array(fc.nat(), { maxLength: 6 }))),
        (answers) => {
          const reader = new AnswerReader();
          for (const [{ status, text }, cuts] of answers) {
            const bytes = Buffer.from(text);
            const read = readInPieces(reader, bytes, cuts);
            expect(read.slice(0, -1).filter((answer) => answer !== undefined)).toEqual([]);
            expect(read.at(-1)).toEqual({ status, bytes: bytes.length });
          }
        },
      ),
    );
  });
});
