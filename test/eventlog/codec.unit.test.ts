import { describe, expect, it } from "@jest/globals";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { canonicalJson, NotCanonical } from "../../src/eventlog/canonical-json.ts";
import {
  type ClearEvent,
  commitmentOf,
  decrypt,
  eventKey,
  keyCommitment,
  openEvent,
  sealEvent,
} from "../../src/eventlog/codec.ts";
import { identify } from "../../src/eventlog/envelope.ts";
import { Fatal, positionOf, type RecordedEvent } from "../../src/eventlog/event-log.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { dataKey, newId, userStream } from "./sealed-events.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "id",
    "10",
    "9",
    "__proto__",
    "constructor",
    "toJSON",
    '","id":"x',
    ',"type":"',
    ',"metadata":{',
    "é",
    "\u{1f600}",
  ),
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

const clearEvent = fc.record({
  tenant: fc.constantFrom("acme", "_system"),
  stream: fc.constant(userStream()),
  revision: fc.nat(),
  id: fc.uuid(),
  type: fc.constantFrom("UserCreated", "GroupMembersAdded"),
  version: fc.integer({ min: 1, max: 9 }),
  at: fc.maxSafeInteger(),
  metadata: fc.dictionary(text, text, { maxKeys: 6, noNullPrototype: true }),
  data: json,
});
const personal = fc.dictionary(text, json, { maxKeys: 5, noNullPrototype: true });

const record = (event: ClearEvent): RecordedEvent => {
  const { personal, ...stored } = sealEvent(event);
  return { ...stored, stream: event.stream, revision: event.revision, position: positionOf(1) };
};
const opens = () => dataKey.secret;

const sample: ClearEvent = {
  at: 1_790_000_000_000_000,
  data: { active: true },
  id: "0f5de6c8-3a63-5e1d-9f0e-6f0a4d1b2c3d",
  metadata: { $correlationId: "c", actor: "a" },
  revision: 0,
  stream: "scim.user-acme:01890a5d-ac96-774b-bcce-b302099a8057",
  tenant: "acme",
  type: "UserCreated",
  version: 1,
};
const sealedSample = () => record({ ...sample, personal: { userName: "ada" }, key: dataKey });

describe("canonical JSON (RFC 8785)", () => {
  it("is what canonicalize writes, for all JSON of safe integers", () => {
    fc.assert(
      fc.property(json, (value) => expect(canonicalJson(value)).toBe(canonicalize(value))),
      { numRuns: 500 },
    );
  });

  it("sorts names that look like integers as text, and leaves out what is undefined", () => {
    expect(canonicalJson({ "9": 1, "10": { b: 1, a: 2 } })).toBe('{"10":{"a":2,"b":1},"9":1}');
    expect(canonicalJson({ b: 1, a: undefined } as unknown as Json)).toBe('{"b":1}');
  });

  it.each([
    0.5,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "\ud800",
    { "\udc00": 1 },
    [[{ a: 1e300 }]],
    1n,
    () => 1,
  ])("refuses %p, which has no form that every reader shares", (value) => {
    expect(() => canonicalJson(value as Json)).toThrow(NotCanonical);
  });
});

describe("an envelope", () => {
  it("is the RFC 8785 JSON of all that is clear", () => {
    fc.assert(
      fc.property(clearEvent, fc.boolean(), (event, keyed) => {
        const { envelope } = sealEvent(keyed ? { ...event, key: dataKey } : event);
        expect(envelope).toBe(canonicalize(keyed ? { ...event, key: dataKey.id } : event));
      }),
    );
  });

  it("tells its id, stream and type without being parsed, whatever the client's text", () => {
    fc.assert(
      fc.property(clearEvent, (event) => {
        const { id, stream, type } = event;
        expect(identify(sealEvent({ ...event, key: dataKey }).envelope)).toEqual({ id, stream, type });
      }),
    );
    const odd = { ...sample, id: 'a"b', type: "\\", stream: '"' };
    expect(identify(sealEvent(odd).envelope)).toEqual({ id: odd.id, stream: odd.stream, type: odd.type });
    for (const broken of ["", "{}", '{"id":1}', ',"metadata":{', "null"]) expect(() => identify(broken)).toThrow(Fatal);
  });

  it("refuses numbers that are no safe integers, and metadata that is not text", () => {
    expect(() => sealEvent({ ...sample, at: 0.5 })).toThrow(NotCanonical);
    expect(() => sealEvent({ ...sample, data: { size: 1.5 } })).toThrow("not a safe integer");
    expect(() => sealEvent({ ...sample, metadata: { nested: {} as string } })).toThrow("metadata nested");
  });
});

describe("the personal part", () => {
  it("opens to what was sealed, with its key and its envelope", () => {
    fc.assert(
      fc.property(clearEvent, personal, (event, values) => {
        const { envelope, personal } = openEvent(record({ ...event, personal: values, key: dataKey }), opens);
        const { personal: _, ...clear } = { ...event, key: dataKey.id, personal };
        expect(JSON.stringify(personal)).toBe(JSON.stringify(values));
        expect(canonicalJson(envelope as unknown as JsonObject)).toBe(canonicalJson(clear));
      }),
    );
  });

  it("is taken from memory where it is at hand, and absent where there is none", () => {
    const inMemory = { ...sealedSample(), personal: '{"userName":"ada"}' };
    expect(openEvent(inMemory, () => undefined).personal).toEqual({ userName: "ada" });
    expect(openEvent(record(sample), opens).personal).toBeUndefined();
    expect(openEvent(record({ ...sample, key: dataKey }), opens).envelope.key).toBe(dataKey.id);
  });

  it("reads as erased once its key is destroyed", () => {
    expect(openEvent(sealedSample(), () => undefined).personal).toBe("erased");
  });

  it("is asked for by tenant and key id", () => {
    const asked: string[] = [];
    openEvent(sealedSample(), (tenant, keyId) => {
      asked.push(tenant, keyId);
      return dataKey.secret;
    });
    expect(asked).toEqual(["acme", dataKey.id]);
  });

  it("cannot be sealed without a key, and never stands in the stored bytes", () => {
    expect(() => sealEvent({ ...sample, personal: { userName: "ada" } })).toThrow("no key");
    const { envelope, ciphertext } = record({ ...sample, personal: { userName: "canary" }, key: dataKey });
    expect(envelope + Buffer.from(ciphertext!).toString("latin1")).not.toContain("canary");
  });

  it("is sealed anew each time, in memory of its own", () => {
    const [one, two] = [sealedSample().ciphertext!, sealedSample().ciphertext!];
    expect(one).not.toEqual(two);
    expect(one.buffer.byteLength).toBe(one.length);
    expect(one).toHaveLength(1 + 32 + 12 + '{"userName":"ada"}'.length + 16);
  });

  it("does not open once any byte of it or of its envelope is altered", () => {
    const event = sealedSample();
    for (let at = 0; at < event.ciphertext!.length; at++) {
      const ciphertext = event.ciphertext!.slice();
      ciphertext[at]! ^= 1;
      expect(() => openEvent({ ...event, ciphertext }, opens)).toThrow(Fatal);
    }
    const envelope = event.envelope.replace('"active":true', '"active":null');
    expect(() => openEvent({ ...event, envelope }, opens)).toThrow("was altered after it was sealed");
    for (const length of [0, 1, 33, 60])
      expect(() => openEvent({ ...event, ciphertext: event.ciphertext!.slice(0, length) }, opens)).toThrow(Fatal);
  });

  it("does not open under another key, in another event's place, or moved to another stream", () => {
    const event = sealedSample();
    expect(() => openEvent(event, () => new Uint8Array(32))).toThrow("was not made with this key");
    const other = record({ ...sample, id: newId(), personal: {}, key: dataKey });
    expect(() => openEvent({ ...other, ciphertext: event.ciphertext }, opens)).toThrow(Fatal);
    expect(() => openEvent({ ...event, revision: 1 }, opens)).toThrow("does not belong");
    expect(() => openEvent({ ...event, stream: userStream() }, opens)).toThrow("does not belong");
    expect(() => openEvent({ ...event, envelope: "{" }, opens)).toThrow("is not JSON");
  });

  it("opens with its own disclosed key, which opens no other event", () => {
    const event = sealedSample();
    const key = eventKey(dataKey.secret, event.id);
    expect(commitmentOf(event.ciphertext!)).toEqual(new Uint8Array(keyCommitment(key)));
    expect(JSON.parse(decrypt(event, key))).toEqual({ userName: "ada" });
    const other = record({ ...sample, id: newId(), personal: {}, key: dataKey });
    expect(() => decrypt(other, key)).toThrow(Fatal);
  });
});

const SAMPLE_ENVELOPE =
  '{"at":1790000000000000,"data":{"active":true},"id":"0f5de6c8-3a63-5e1d-9f0e-6f0a4d1b2c3d","key":"k1","metadata":{"$correlationId":"c","actor":"a"},"revision":0,"stream":"scim.user-acme:01890a5d-ac96-774b-bcce-b302099a8057","tenant":"acme","type":"UserCreated","version":1}';
const SAMPLE_CIPHERTEXT =
  "AS2ONzunjQfbVDHjOod9BwjjtfXwvZQUco69P8kekTxXHbzJF0wNvY6qLYfOR1RGlFJKlQU4ZmnWXcn3+cE/RD+1Fpmz98zO3FqSlPa9T6F66txHqn/wU9SWyw==";

it("stored samples open for ever", () => {
  const secret = new Uint8Array(32).fill(7);
  const stored: RecordedEvent = {
    id: sample.id,
    type: sample.type,
    envelope: SAMPLE_ENVELOPE,
    ciphertext: new Uint8Array(Buffer.from(SAMPLE_CIPHERTEXT, "base64")),
    stream: sample.stream,
    revision: 0,
    position: positionOf(1),
  };
  expect(openEvent(stored, () => secret).personal).toEqual({ userName: "ada@example.com" });
  expect(sealEvent({ ...sample, key: { id: "k1", secret } }).envelope).toBe(SAMPLE_ENVELOPE);
});
