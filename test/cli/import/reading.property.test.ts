// Reading a list in pages: from servers that page in every way, and while others write.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { afterPage, firstWalk } from "../../../src/cli/pull/page-walk.ts";
import { readServer } from "../../../src/cli/pull/read-server.ts";
import { Snapshot } from "../../../src/cli/pull/snapshot.ts";
import { openWorkFile } from "../../../src/cli/pull/work-file.ts";
import { ScimClient } from "../../../src/cli/scim-client/scim-client.ts";
import type { HttpRequest, Send } from "../../../src/cli/scim-client/send.ts";
import { answerOf, refusal } from "./fake-server.ts";

interface Manner {
  readonly pages: "cursor" | "index";
  /** Sizes of pages that it sends, whatever was asked for, one after the other and again. */
  readonly sizes: readonly number[];
  readonly ignoresCount?: boolean;
  readonly hasTotal?: boolean;
  /** Of a GET; /.search is read as it should be. */
  readonly ignoresStartIndex?: boolean;
  readonly hasSearch?: boolean;
  /** Advertised, and not there. */
  readonly ignoresCursor?: boolean;
  /** Forgets the cursor of these requests. */
  readonly forgets?: readonly number[];
  readonly refusesExcluded?: boolean;
}

class Pager {
  readonly ids: string[];
  readonly #manner: Manner;
  /** Called before each page. */
  meanwhile: (page: number) => void = () => {};
  pages = 0;

  constructor(count: number, manner: Manner) {
    this.ids = Array.from({ length: count }, (_, index) => `id-${index}`);
    this.#manner = manner;
  }

  readonly send: Send = async (request) => {
    const { sizes, pages, hasTotal = true, forgets = [] } = this.#manner;
    const asked = this.#askedOf(request);
    if (asked === undefined) return refusal(501, undefined, "there is no search here");
    if (asked["excludedAttributes"] !== undefined && this.#manner.refusesExcluded)
      return refusal(400, "invalidValue", "excludedAttributes is not known here");
    this.meanwhile(this.pages);
    const cursor = this.#manner.ignoresCursor ? undefined : asked["cursor"];
    const isCursor = pages === "cursor" && cursor !== undefined;
    if (isCursor && cursor !== "" && forgets.includes(this.pages++)) return refusal(400, "expiredCursor", "too late");
    const isPassedOver = this.#manner.ignoresStartIndex && request.method === "GET";
    const start = isCursor ? Number(cursor || 1) : isPassedOver ? 1 : Number(asked["startIndex"] ?? 1);
    const size = sizes[this.pages % sizes.length]!;
    if (!isCursor) this.pages += 1;
    const count = this.#manner.ignoresCount ? this.ids.length : Math.min(Number(asked["count"]), size);
    const page = this.ids.slice(start - 1, start - 1 + count);
    const next = start + page.length;
    return answerOf(200, {
      ...(hasTotal ? { totalResults: this.ids.length } : {}),
      ...(isCursor && next <= this.ids.length ? { nextCursor: String(next) } : {}),
      Resources: page.map((id) => ({ id, userName: id })),
    });
  };

  #askedOf({ method, url, body }: HttpRequest): Record<string, string> | undefined {
    if (method === "GET") return Object.fromEntries(new URL(url).searchParams);
    return this.#manner.hasSearch ? JSON.parse(body!) : undefined;
  }
}

async function read(pager: Pager, cursor: boolean, pageSize = 5) {
  const snapshot = new Snapshot(openWorkFile(":memory:"));
  let now = 0;
  const client = new ScimClient({
    name: "the source",
    base: "https://scim.test",
    send: pager.send,
    clock: () => now,
    pause: async (milliseconds) => {
      now += milliseconds;
    },
  });
  const capabilities = { patch: true, filter: true, cursor, index: true, pageSize: undefined };
  const result = await readServer({
    client,
    capabilities,
    snapshot,
    kinds: ["User"],
    pageSize,
    concurrency: 1,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  return { ...result, ids: [...snapshot.sorted("User")].map(({ id }) => String(id)) };
}

const sizes = fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 4 });
const sorted = (ids: readonly string[]): string[] => [...ids].sort();

describe("reading a list", () => {
  const manner = fc.record({
    pages: fc.constantFrom("cursor" as const, "index" as const),
    sizes: fc.oneof(sizes, fc.constant([1])),
    ignoresCount: fc.boolean(),
    hasTotal: fc.boolean(),
    ignoresCursor: fc.boolean(),
    refusesExcluded: fc.boolean(),
  });

  it("reads everything of a server that stands still, however it pages", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 40 }), manner, fc.integer({ min: 1, max: 12 }), async (count, how, pageSize) => {
        // Without a total nobody could tell a server that ignores cursors from one with a single page.
        const hasTotal = how.hasTotal || how.ignoresCursor;
        const pager = new Pager(count, { ...how, hasTotal });
        const { ids, complete, unseen } = await read(pager, how.pages === "cursor", pageSize);
        expect([ids, complete, unseen]).toEqual([sorted(pager.ids), true, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it("misses nobody who was there all the time, or says that it may have", async () => {
    const change = fc.record({ before: fc.nat({ max: 12 }), at: fc.nat({ max: 40 }), remove: fc.boolean() });
    let complete = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 30 }),
        sizes,
        fc.boolean(),
        fc.array(change, { maxLength: 8 }),
        async (count, list, hasTotal, changes) => {
          const pager = new Pager(count, { pages: "index", sizes: list, hasTotal });
          const gone = new Set<string>();
          let added = 0;
          pager.meanwhile = (page) => {
            for (const { before, at, remove } of changes)
              if (before === page) {
                if (!remove) pager.ids.splice(at, 0, `new-${added++}`);
                else for (const id of pager.ids.splice(at, 1)) gone.add(id);
              }
          };
          const before = [...pager.ids];
          const result = await read(pager, false);
          if (!result.complete) return;
          complete += 1;
          expect(result.ids).toEqual(expect.arrayContaining(before.filter((id) => !gone.has(id))));
          // Whoever was gone before an undisturbed walk began is not among them.
          if (changes.every(({ before: page }) => page === 0)) expect(result.ids).toEqual(sorted(pager.ids));
        },
      ),
      {
        numRuns: 1_000,
        // What came first moved the page on, so that it begins as the one before it did; the total tells, or not.
        examples: [
          [3, [2], true, [{ before: 1, at: 0, remove: false }]],
          [
            3,
            [2],
            true,
            [
              { before: 1, at: 0, remove: false },
              { before: 1, at: 3, remove: true },
            ],
          ],
        ],
      },
    );
    expect(complete).toBeGreaterThan(500);
  });

  it("starts over when a cursor is forgotten", async () => {
    const pager = new Pager(20, { pages: "cursor", sizes: [4], forgets: [3] });
    expect(await read(pager, true)).toEqual({ ids: sorted(pager.ids), complete: true, unseen: 0 });
    await expect(
      read(new Pager(20, { pages: "cursor", sizes: [4], forgets: [0, 1, 2, 3, 4, 5] }), true),
    ).rejects.toThrow("forgets its cursors");
  });

  it("searches where a server passes over startIndex, and gives up where it cannot", async () => {
    const manner: Manner = { pages: "index", sizes: [5], ignoresStartIndex: true };
    const pager = new Pager(23, { ...manner, hasSearch: true });
    expect(await read(pager, false)).toEqual({ ids: sorted(pager.ids), complete: true, unseen: 0 });
    await expect(read(new Pager(23, manner), false)).rejects.toThrow("whatever startIndex says");
    await expect(read(new Pager(23, { ...manner, hasTotal: false }), false)).rejects.toThrow("cannot be told apart");
  });

  it("says how many a server counts and does not send", async () => {
    const pager = new Pager(10, { pages: "index", sizes: [5] });
    const { send } = pager;
    const lying: Send = async (request) => {
      const answer = await send(request);
      const body = JSON.parse(answer.text);
      return answerOf(200, { ...body, totalResults: 12 });
    };
    (pager as { send: Send }).send = lying;
    expect(await read(pager, false)).toMatchObject({ ids: sorted(pager.ids), complete: false, unseen: 2 });
  });
});

it("empty pages are passed, as a server may send them, but not for ever", () => {
  let walk = firstWalk("cursor");
  for (let page = 1; page < 1_000; page++) walk = afterPage(walk, { ids: [], fresh: 0, nextCursor: `c${page}` });
  const found = afterPage(walk, { ids: ["a"], fresh: 1, nextCursor: "more" });
  expect([found.next, afterPage(found, { ids: [], fresh: 0 }).next]).toEqual(["more", null]);
  expect(() => afterPage(walk, { ids: [], fresh: 0, nextCursor: "again" })).toThrow(/one empty page after the other/);
});
