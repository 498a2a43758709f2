// Every version of every event that was ever written is read for ever: a sample of each lies here, byte for byte, and none is
// changed or removed.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { catalogue } from "../../src/domain/events.ts";
import { recognise } from "../../src/domain/recognise.ts";
import { writeEnvelope } from "../../src/eventlog/envelope.ts";

const FOLDER = fileURLToPath(new URL("./stored-samples/", import.meta.url));
const samples = readdirSync(FOLDER).map((file) => {
  const { envelope, personal } = JSON.parse(readFileSync(FOLDER + file, "utf8")) as {
    envelope: string;
    personal?: string;
  };
  return {
    name: file.replace(/\.json$/u, ""),
    envelope,
    personal: personal === undefined ? undefined : JSON.parse(personal),
  };
});

describe("stored samples", () => {
  it("there is one of every event in the catalogue", () => {
    const declared = Object.values(catalogue)
      .flat()
      .map(({ type, version }) => `${type}.v${version}`);
    expect(samples.map(({ name }) => name)).toEqual(expect.arrayContaining(declared));
  });

  it.each(samples)("$name is read", ({ envelope, personal }) => {
    const { type, version, data } = JSON.parse(envelope);
    expect(recognise(type, version, data, personal)).toEqual({
      type,
      version,
      data,
      ...(personal === undefined ? {} : { personal }),
    });
    expect(recognise(type, version, data, personal === undefined ? undefined : "erased")).toMatchObject({ type });
  });

  it.each(samples)("$name's envelope would be written the same today", ({ envelope }) =>
    expect(writeEnvelope(JSON.parse(envelope), JSON.parse(envelope).key)).toBe(envelope),
  );

  it("an event that nobody declared is not recognised", () => {
    expect(recognise("UserPromoted", 1, {}, undefined)).toBeUndefined();
    expect(recognise("UserCreated", 2, {}, undefined)).toBeUndefined();
  });
});
