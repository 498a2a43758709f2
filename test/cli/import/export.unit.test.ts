// What an export makes of a source that sends whatever it likes.
import { expect, it } from "@jest/globals";
import { writeExport } from "../../../src/cli/export/write-export.ts";
import { capabilitiesIn } from "../../../src/cli/scim-client/discovery.ts";
import { ScimClient } from "../../../src/cli/scim-client/scim-client.ts";
import { answerOf } from "./fake-server.ts";

it("members that are no members are written as they came, in one order", async () => {
  const odd = { toString: 0, valueOf: 0 };
  const members = [{ value: "b" }, { value: odd }, odd, null, 5, { value: "a" }, {}, [[odd]]];
  const group = { id: "g", displayName: "G", members };
  const send = async ({ url }: { readonly url: string }) =>
    answerOf(200, url.includes("/Groups/") ? group : { totalResults: 1, Resources: [group] });
  const write = async (order: typeof members) => {
    group.members = order;
    const lines: string[] = [];
    const client = new ScimClient({ name: "the source", base: "https://scim.test", send });
    const { groups } = await writeExport({
      client,
      capabilities: capabilitiesIn({}),
      kinds: ["Group"],
      filter: undefined,
      pageSize: 10,
      concurrency: 1,
      signal: new AbortController().signal,
      onProgress: () => {},
      to: "-",
      out: (line) => lines.push(line),
    });
    expect(groups).toBe(1);
    return JSON.parse(lines[0]!).members as unknown[];
  };
  const written = await write(members);
  expect(written).toHaveLength(members.length);
  expect(written).toEqual(expect.arrayContaining(members));
  expect(await write(members.toReversed())).toEqual(written);
});
