// Whoever holds an evidence folder and changes it, with and without the skill to make its manifest fit again.
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { FILES } from "../../../src/audit/evidence/files.ts";
import { judgeEvidence } from "../../../src/audit/evidence/judge.ts";
import { machinery } from "../../../src/embedded/own-views.ts";
import { formatCheckpoint, parseCheckpoint } from "../../../src/ledger/checkpoint.ts";
import {
  type CarriedEvent,
  type Item,
  readCarried,
  readRecord,
  writeCarried,
} from "../../../src/ledger/evidence-file.ts";
import { sha256 } from "../../../src/ledger/hash.ts";
import { decodeLeaf, encodeLeaf } from "../../../src/ledger/leaf.ts";
import { parsePolicy, policyOfKeys } from "../../../src/ledger/policy.ts";
import { formatNote, parseNote } from "../../../src/ledger/signed-note.ts";
import { cosigner, noteSigner } from "../../../src/ledger/signing.ts";
import { formatVerifierKey } from "../../../src/ledger/verifier-key.ts";
import {
  filesOf,
  headOver,
  judged,
  judgedAfter,
  policy,
  recordsOf,
  relist,
  signer,
  withEvidence,
  written,
} from "./cases.ts";
import { eventful } from "./eventful.ts";

const lived = eventful();
const { world, group, ada } = lived;
let folder = "";
beforeAll(async () => {
  folder = (await written(world, "members-at", { asOf: lived.past["asOf"]!, id: group })).folder;
});
afterAll(() => rmSync(folder, { recursive: true }));

const all = <T>(bytes: Buffer, read: (bytes: Buffer, at: number) => Item<T> | undefined): T[] => {
  const items: T[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = read(bytes, at)!;
    items.push(next.item);
    at = next.end;
  }
  return items;
};
const eventsIn = (copy: string): CarriedEvent[] => all(readFileSync(join(copy, FILES.events)), readCarried);
const leavesIn = (copy: string): Uint8Array[] => all(readFileSync(join(copy, FILES.leaves)), readRecord);
const putEvents = (copy: string, events: readonly CarriedEvent[]) =>
  writeFileSync(join(copy, FILES.events), Buffer.concat(events.map(writeCarried)));
const putLeaves = (copy: string, leaves: readonly Uint8Array[]) =>
  writeFileSync(
    join(copy, FILES.leaves),
    Buffer.concat(leaves.flatMap((leaf) => [Buffer.of(leaf.length >> 8, leaf.length & 255), leaf])),
  );
const edit = (copy: string, name: string, change: (text: string) => string) => {
  const path = join(copy, name);
  const before = readFileSync(path, "utf8");
  expect(change(before)).not.toBe(before);
  writeFileSync(path, change(before));
};

const failed = (says: string | RegExp, index?: number) => ({
  verdict: {
    word: "FAILED",
    enough: false,
    says: says instanceof RegExp ? expect.stringMatching(says) : expect.stringContaining(says),
    ...(index === undefined ? {} : { index }),
  },
});
/** A forger who can do everything but sign. */
const forged = (change: (copy: string) => void) =>
  judgedAfter(folder, (copy) => {
    change(copy);
    relist(copy);
  });

it("a folder that nobody touched holds", async () => {
  expect(await judged(folder)).toMatchObject({ verdict: { word: "SIGNED", enough: true } });
  expect(await judgedAfter(folder, (copy) => writeFileSync(join(copy, FILES.run), "whatever"))).toMatchObject({
    verdict: { word: "SIGNED" },
  });
});

describe("files", () => {
  const names = Object.values(FILES);
  it.each(names)("%s cannot be missing", async (name) => {
    expect(await judgedAfter(folder, (copy) => rmSync(join(copy, name)))).toMatchObject(failed(`${name} is missing`));
  });

  it("there are no others, and none that are no files", async () => {
    const more = (copy: string) => writeFileSync(join(copy, "answer.json.bak"), "");
    expect(await judgedAfter(folder, more)).toMatchObject(failed("“answer.json.bak” is in the folder"));
    expect(await judgedAfter(folder, (copy) => mkdirSync(join(copy, "more")))).toMatchObject(failed("“more”"));
    const linked = (copy: string) => {
      rmSync(join(copy, FILES.keys));
      symlinkSync(join(folder, FILES.keys), join(copy, FILES.keys));
    };
    expect(await judgedAfter(folder, linked)).toMatchObject(failed("keys.txt is not a file"));
  });

  it.each(names.filter((name) => name !== FILES.run))("any changed byte of %s fails, and is named", async (name) => {
    const bytes = readFileSync(join(folder, name));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const flip = (copy: string) => {
          const changed = Buffer.from(bytes);
          changed[at]! ^= 1 << bit;
          writeFileSync(join(copy, name), changed);
        };
        expect(await judgedAfter(folder, flip)).toMatchObject(
          failed(name === FILES.manifest ? FILES.manifest : `${name} is not the file`),
        );
      }),
      { numRuns: 10 },
    );
  });

  it.each(names.filter((name) => name !== FILES.run && name !== FILES.manifest))(
    "any changed byte of %s fails, though the manifest was made to fit",
    async (name) => {
      const bytes = readFileSync(join(folder, name));
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
          const flip = (copy: string) => {
            const changed = Buffer.from(bytes);
            changed[at]! ^= 1 << bit;
            writeFileSync(join(copy, name), changed);
          };
          // Of a policy that nobody trusts, only what makes it another one matters.
          const verdict = (await forged(flip)).verdict.word;
          if (name !== FILES.policy) expect(verdict).toBe("FAILED");
        }),
        { numRuns: 10 },
      );
    },
  );

  it.each(names.filter((name) => name !== FILES.run))("nothing stands after the end of %s", async (name) => {
    const append = (copy: string) => appendFileSync(join(copy, name), "\n");
    expect(await judgedAfter(folder, append)).toMatchObject(failed(""));
    if (name === FILES.manifest || name === FILES.policy) return;
    expect(await forged(append)).toMatchObject(failed(""));
  });
});

describe("a forger who makes the manifest fit", () => {
  it("cannot change the answer", async () => {
    const says = (name: string) => failed(`${name} is not the answer that follows from the events`);
    const rename = (text: string) => text.replace('"display":"Treasury"', '"display":"Treasure"');
    expect(await forged((copy) => edit(copy, FILES.json, rename))).toMatchObject(says(FILES.json));
    const another = (text: string) => text.replace('"Grace"', '"Gracie"');
    expect(await forged((copy) => edit(copy, FILES.csv, another))).toMatchObject(says(FILES.csv));
    expect(await forged((copy) => edit(copy, FILES.json, (text) => text.slice(0, -1)))).toMatchObject(says(FILES.json));
  });

  it("cannot ask another question, or of others, or of another instant", async () => {
    const change = (from: string, to: string) =>
      forged((copy) => edit(copy, FILES.manifest, (text) => text.replaceAll(from, to)));
    expect(await change('"members-at"', '"holders-of"')).toMatchObject(failed(""));
    expect(await change(group, lived.other)).toMatchObject(failed("answer.json is not the answer"));
    expect(await change(lived.past["asOf"]!, "2026-09-21T14:13:25.000000Z")).toMatchObject(failed("answer.json"));
    expect(await change('"tenant": "acme"', '"tenant": "other"')).toMatchObject(failed("the events are of “other”"));
    expect(await change('"namespace": "scim"', '"namespace": "scam"')).toMatchObject(failed("is no stream of", 0));
    const otherwise = (of: string) => failed(`manifest.json says otherwise than the other files, of ${of}`);
    expect(await change('"rows": ', '"rows": 1')).toMatchObject(otherwise("counts.rows"));
    expect(await change('"rests": "streams"', '"rests": "tenant"')).toMatchObject(otherwise("rests"));
    expect(await change('"size": ', '"size": 1')).toMatchObject(otherwise("tree.size"));
    for (const base of ["", "approved by the auditor", "javascript:alert(1)", "ftp://scim.example.com"])
      expect(await change('"base": "https://scim.example.com/scim/v2"', `"base": "${base}"`)).toMatchObject(
        failed("manifest.json is no manifest of evidence"),
      );
    expect(await change('"kind": ', '"__proto__": {}, "kind": ')).toMatchObject(otherwise("a member that it"));
  });

  it("cannot ask for a part of the answer, though all else follows from that", async () => {
    const asked = { asOf: lived.past["asOf"]!, id: group };
    const next = await withEvidence(world, "members-at", { ...asked, limit: "1" }, async (part) => {
      expect(await judged(part)).toMatchObject(failed("asks for a part of the answer: limit"));
      return (JSON.parse(readFileSync(join(part, FILES.json), "utf8")) as { next: string }).next;
    });
    await withEvidence(world, "members-at", { ...asked, cursor: next }, async (rest) => {
      expect(readFileSync(join(rest, FILES.json), "utf8")).not.toContain('"next"');
      expect(await judged(rest)).toMatchObject(failed("asks for a part of the answer: cursor"));
    });
  });

  it("cannot say in the policy what the head does not", async () => {
    const stranger = `log ${formatVerifierKey(noteSigner("log.example.com/other", Buffer.alloc(32, 5)).key)}\n`;
    const twin = `log ${formatVerifierKey(noteSigner(signer.key.name, Buffer.alloc(32, 5)).key)}\n`;
    const says = failed("policy does not name the keys under the head and no more");
    for (const more of ["# approved by the auditor\n", stranger, twin, "\n"])
      expect(await forged((copy) => edit(copy, FILES.policy, (text) => more + text))).toMatchObject(says);
  });

  it("cannot hide bytes behind the character that stands for what is no text", async () => {
    const hide = (copy: string) => {
      edit(copy, FILES.manifest, (text) => text.replace(/"base": "[^"]*/u, "$&\ufffd"));
      relist(copy);
      const bytes = readFileSync(join(copy, FILES.manifest), "latin1").replace("\xef\xbf\xbd", "\xff");
      writeFileSync(join(copy, FILES.manifest), bytes, "latin1");
    };
    expect(await judgedAfter(folder, hide)).toMatchObject(failed(`${FILES.manifest} is not UTF-8`));
  });

  it.each([
    ["some streams", "members-at", { asOf: lived.past["asOf"]!, id: group }],
    ["all events", "disabled-access", {}],
  ])("cannot leave an event out of evidence that carries %s", async (_, question, parameters) => {
    await withEvidence(world, question, parameters, async (whole) => {
      for (const { index } of eventsIn(whole)) {
        const drop = (copy: string) => {
          putEvents(
            copy,
            eventsIn(copy).filter((event) => event.index !== index),
          );
          relist(copy);
        };
        expect(await judgedAfter(whole, drop)).toMatchObject(failed("that the answer rests on is missing", index));
      }
    });
  });

  it("cannot leave a leaf out, wherever it stands", async () => {
    for (const index of [0, 5, world.entries.length - 1]) {
      const drop = (copy: string) =>
        putLeaves(
          copy,
          leavesIn(copy).filter((_, at) => at !== index),
        );
      expect((await forged(drop)).verdict.word).toBe("FAILED");
    }
  });

  it("cannot leave out a stream as a whole, nor what was ever in the group", async () => {
    for (const id of [group, lived.other, ada, lived.eve]) {
      const isOther = ({ index }: CarriedEvent) => world.entries[index]!.id !== id;
      const drop = (copy: string) => {
        putEvents(copy, eventsIn(copy).filter(isOther));
        const keys = readFileSync(join(copy, FILES.keys), "utf8").split("\n");
        const others = keys.filter((line) => line === "" || world.entries[Number.parseInt(line, 10)]!.id !== id);
        writeFileSync(join(copy, FILES.keys), others.join("\n"));
      };
      const first = world.entries.findIndex((entry) => entry.id === id);
      expect(await forged(drop)).toMatchObject(failed("an event that the answer rests on is missing", first));
    }
  });

  it("cannot leave the end of a stream out: the head is over it", async () => {
    const size = world.entries.length - 1;
    const cut = (copy: string) => {
      putEvents(
        copy,
        eventsIn(copy).filter(({ index }) => index < size),
      );
      putLeaves(copy, leavesIn(copy).slice(0, size));
    };
    expect(await forged(cut)).toMatchObject(failed(`there are ${size} leaves and the head is over`, size));
  });

  it("cannot leave a gap in a stream", async () => {
    const ofGroup = world.entries.flatMap(({ id }, at) => (id === group ? [at] : []));
    const [, index, next] = ofGroup as [number, number, number];
    const skip = (copy: string) => {
      putLeaves(
        copy,
        leavesIn(copy).filter((_, at) => at !== index),
      );
      const others = eventsIn(copy).filter((event) => event.index !== index);
      putEvents(
        copy,
        others.map((event) => ({ ...event, index: event.index - (event.index > index ? 1 : 0) })),
      );
    };
    expect(await forged(skip)).toMatchObject(failed("goes on at revision 2 and not 1", next - 1));
  });

  it("cannot swap streams, or events", async () => {
    const swap = (copy: string) => {
      const [first, second, ...others] = eventsIn(copy);
      putEvents(copy, [{ ...second!, index: 0 }, { ...first!, index: 1 }, ...others]);
    };
    expect(await forged(swap)).toMatchObject(failed("is not the one that its leaf commits to", 0));
    const reorder = (copy: string) => {
      const [first, second, ...others] = eventsIn(copy);
      putEvents(copy, [second!, first!, ...others]);
    };
    expect(await forged(reorder)).toMatchObject(failed("out of order"));
    const swapLeaves = (copy: string) => {
      const [first, second, ...others] = leavesIn(copy);
      putLeaves(copy, [second!, first!, ...others]);
    };
    expect(await forged(swapLeaves)).toMatchObject(failed("is not the one that its leaf commits to", 0));
    const twice = (copy: string) => putEvents(copy, [eventsIn(copy)[0]!, ...eventsIn(copy)]);
    expect(await forged(twice)).toMatchObject(failed("out of order", 0));
  });

  it("cannot put in an event of another tenant", async () => {
    const foreign = (copy: string) => {
      const [leaf, ...others] = leavesIn(copy);
      putLeaves(copy, [encodeLeaf({ ...decodeLeaf(leaf!), tenant: "other" }), ...others]);
    };
    expect(await forged(foreign)).toMatchObject(failed("the event is of the tenant “other”", 0));
  });

  it("cannot change an event together with its leaf", async () => {
    const rewrite = (copy: string) => {
      const [event, ...others] = eventsIn(copy);
      const envelope = Buffer.from(Buffer.from(event!.envelope).toString().replace("cred-1", "cred-9"));
      putEvents(copy, [{ ...event!, envelope }, ...others]);
      const [leaf, ...leaves] = leavesIn(copy);
      putLeaves(copy, [encodeLeaf({ ...decodeLeaf(leaf!), envelope: sha256(envelope) }), ...leaves]);
    };
    expect(await forged(rewrite)).toMatchObject(failed("not those over which the head was signed"));
  });

  it("cannot disclose another key, nor more than the answer rests on, nor fewer without its being said", async () => {
    const lines = readFileSync(join(folder, FILES.keys), "utf8");
    const other = (copy: string) => edit(copy, FILES.keys, (text) => text.replace(/ [0-9a-f]{4}/u, " 0000"));
    const first = Number(lines.split(" ")[0]);
    expect(await forged(other)).toMatchObject(failed("a key that is not the one that the leaf commits to", first));
    const fewer = (copy: string) => edit(copy, FILES.keys, (text) => text.slice(text.indexOf("\n") + 1));
    expect(await forged(fewer)).toMatchObject(failed("answer.json is not the answer"));
    const strange = (copy: string) => edit(copy, FILES.keys, (text) => `${text}4 ff\n`);
    expect(await forged(strange)).toMatchObject(failed("a line that is no index and key"));
    const unordered = (copy: string) => edit(copy, FILES.keys, (text) => text + text.slice(0, text.indexOf("\n") + 1));
    expect(await forged(unordered)).toMatchObject(failed("not in the order of its leaves"));
    await withEvidence(world, "timeline", { id: ada, type: "users" }, async (larger) => {
      const linesIn = (path: string) => readFileSync(join(path, FILES.keys), "utf8").split("\n").slice(0, -1);
      const more = (copy: string) => {
        const lines = [...new Set([...linesIn(copy), ...linesIn(larger)])];
        const inOrder = lines.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
        writeFileSync(join(copy, FILES.keys), inOrder.map((line) => `${line}\n`).join(""));
      };
      expect(await forged(more)).toMatchObject(failed("discloses an event on which the answer does not rest"));
    });
  });

  it("cannot sign: not with a key of its own, not under another name, not with a head over less", async () => {
    const thief = noteSigner(parseCheckpoint(parseNote(headOver([])).text).origin, Buffer.alloc(32, 9));
    const resign = (copy: string) => {
      const { text } = parseNote(readFileSync(join(copy, FILES.checkpoint), "utf8"));
      writeFileSync(join(copy, FILES.checkpoint), formatNote({ text, signatures: [thief.sign(text)] }));
      writeFileSync(join(copy, FILES.policy), `log ${formatVerifierKey(thief.key)}\nquorum none\n`);
    };
    expect(await forged(resign)).toMatchObject(failed(""));
    const rename = (copy: string) => {
      const head = parseCheckpoint(parseNote(readFileSync(join(copy, FILES.checkpoint), "utf8")).text);
      const mine = noteSigner("mine.example.com/acme", Buffer.alloc(32, 9));
      const text = formatCheckpoint({ ...head, origin: mine.key.name });
      writeFileSync(join(copy, FILES.checkpoint), formatNote({ text, signatures: [mine.sign(text)] }));
      writeFileSync(join(copy, FILES.policy), `log ${formatVerifierKey(mine.key)}\nquorum none\n`);
    };
    expect(await forged(rename)).toMatchObject(failed("of which no key is trusted"));
    const earlier = (copy: string) =>
      writeFileSync(join(copy, FILES.checkpoint), headOver(recordsOf(world).slice(0, 9)));
    expect(await forged(earlier)).toMatchObject(failed("leaves and the head is over 9"));
  });
});

it("a head of another tenant's tree does not stand for this one, though its key is trusted", async () => {
  const other = noteSigner("log.example.com/other", Buffer.alloc(32, 5));
  const foreign = (copy: string) => {
    const head = parseCheckpoint(parseNote(readFileSync(join(copy, FILES.checkpoint), "utf8")).text);
    const text = formatCheckpoint({ ...head, origin: other.key.name });
    writeFileSync(join(copy, FILES.checkpoint), formatNote({ text, signatures: [other.sign(text)] }));
    writeFileSync(join(copy, FILES.policy), `log ${formatVerifierKey(other.key)}\nquorum none\n`);
    relist(copy);
  };
  expect(await judgedAfter(folder, foreign, policyOfKeys([other.key]))).toMatchObject(
    failed("the events are of “acme”"),
  );
});

describe("keys that are not there", () => {
  it("of an erased person are counted, and the ledger says why", async () => {
    await withEvidence(world, "timeline", { id: lived.eve, type: "users" }, async (erased, { findings }) => {
      expect(findings.unopened).toMatchObject({ unexplained: 0, subjects: 1 });
      expect(findings.unopened.destroyed).toBeGreaterThan(0);
      expect(await judged(erased)).toMatchObject({ verdict: { word: "SIGNED", enough: true } });
      expect(readFileSync(join(erased, FILES.page), "utf8")).toContain("could not test the values of 1 subject,");
    });
  });

  it("for another reason leave the verdict open", async () => {
    const lost = eventful();
    const { openKey } = lost.world;
    const forgetful = Object.assign(Object.create(lost.world), {
      openKey: (tenant: string, key: string) => (key === `key-${lost.ada}` ? undefined : openKey(tenant, key)),
    }) as typeof lost.world;
    Object.defineProperty(forgetful, "entries", { value: lost.world.entries });
    await withEvidence(forgetful, "timeline", { id: lost.ada, type: "users" }, async (incomplete) => {
      expect(await judged(incomplete)).toMatchObject({
        verdict: { word: "SIGNED", enough: false, says: expect.stringContaining("does not say that their keys") },
      });
    });
  });
});

describe("the same question under the same head", () => {
  it("has the same bytes, also after more has happened and though others are erased", async () => {
    const grown = eventful();
    const size = grown.world.entries.length;
    const before = filesOf((await written(grown.world, "members-at", { id: grown.group })).folder);
    grown.world.user("later");
    grown.world.rename(grown.group, "later");
    await withEvidence(
      grown.world,
      "members-at",
      { id: grown.group },
      async (again) => expect(filesOf(again)).toEqual(before),
      size,
    );
  });
});

describe("files that are far too long", () => {
  it("are found out before they are gathered", async () => {
    const endless = (copy: string) => {
      truncateSync(join(copy, FILES.keys), 0);
      truncateSync(join(copy, FILES.keys), 64 * 1_048_576);
      relist(copy);
    };
    const begun = performance.now();
    expect(await judgedAfter(folder, endless)).toMatchObject(failed(`${FILES.keys} does not end with a line`));
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it.each([FILES.manifest, FILES.policy, FILES.checkpoint, FILES.page])("%s is not read as a whole", async (name) => {
    const pad = (copy: string) => {
      truncateSync(join(copy, name), 3 * 2 ** 30);
      if (name !== FILES.manifest) truncateSync(join(copy, name), 2 ** 21);
      if (name !== FILES.manifest) relist(copy);
    };
    expect(await judgedAfter(folder, pad)).toMatchObject(failed(`${name} is longer than any evidence has it`));
  });
});

it("a policy of somebody else fails, and none at all is unanchored", async () => {
  const stranger = noteSigner("strange.example.com/acme", Buffer.alloc(32, 1));
  expect(await judged(folder, policyOfKeys([stranger.key]))).toMatchObject(failed("no key is trusted"));
  expect(policy.logs).toHaveLength(1);
});

describe("heads that were held", () => {
  const withHeads = (...held: readonly string[]) => judgeEvidence(folder, { policy, atHand: { held }, machinery });

  it("anchor it where they agree, fail it where they do not, and leave it open where they are beyond", async () => {
    const records = recordsOf(world);
    expect(await withHeads(headOver(records.slice(0, 9)), headOver(records))).toMatchObject({
      verdict: { word: "ANCHORED", enough: true, says: expect.stringContaining("agrees with 2 heads") },
    });
    expect(await withHeads(headOver(records.slice(1, 10)))).toMatchObject(
      failed("the first 9 leaves are not those over which a head was signed"),
    );
    expect(await withHeads(headOver([...records, ...records]))).toMatchObject({
      verdict: { word: "SIGNED", enough: false, says: expect.stringContaining("beyond this evidence") },
    });
  });

  it("bear the signatures of witnesses", async () => {
    const witness = cosigner("witness.example.org", Buffer.alloc(32, 3), () => 1_790_000_100);
    const trusted = parsePolicy(
      `log ${formatVerifierKey(signer.key)}\nwitness w ${formatVerifierKey(witness.key)}\nquorum w\n`,
    );
    expect(await judged(folder, trusted)).toMatchObject({ verdict: { word: "SIGNED", enough: false } });
    const cosign = (copy: string) => {
      const { text, signatures } = parseNote(readFileSync(join(copy, FILES.checkpoint), "utf8"));
      const note = formatNote({ text, signatures: [...signatures, witness.sign(text)] });
      writeFileSync(join(copy, FILES.checkpoint), note);
      relist(copy);
    };
    expect(await judgedAfter(folder, cosign, trusted)).toMatchObject({
      verdict: { word: "WITNESSED", enough: true, says: expect.stringContaining("1/1 witnesses") },
    });
  });
});
