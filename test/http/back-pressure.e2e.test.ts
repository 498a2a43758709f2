// A group too large to hold: its members are read no faster than the client takes them.
import { connect } from "node:net";
import { expect, it } from "@jest/globals";
import { absentGroup } from "../../src/domain/group.ts";
import { MemberSet } from "../../src/domain/member-set.ts";
import { startService } from "./fakes.ts";

const ID = "01890a5d-ac96-774b-bcce-b302099a8057";
const MEMBERS = 100_000;
const memberId = (i: number) => `01890a5d-ac96-774b-bcce-${String(i).padStart(12, "0")}`;

it("a client that stops reading stops the reading of members; one that leaves ends it", async () => {
  const service = await startService();
  const { world } = service;
  const attributes = { displayName: "Everyone" };
  const state = {
    ...absentGroup,
    status: "live" as const,
    revision: 0,
    version: 0,
    attributes,
    members: MemberSet.of([]),
  };
  world.resources.set(ID, { tenant: "default", id: ID, type: "Group", state });
  let pages = 0;
  world.membersOf = (after, limit) => {
    pages += 1;
    const first = after === null ? 0 : Number(after.slice(-12)) + 1;
    return Array.from({ length: Math.min(limit, MEMBERS - first) }, (_, i) => ({
      value: memberId(first + i),
      type: "User" as const,
      display: null,
    }));
  };
  const whole = await (
    await fetch(`${service.url}/scim/v2/Groups/${ID}`, { headers: { Authorization: `Bearer ${service.token}` } })
  ).json();
  expect((whole as { members: unknown[] }).members).toHaveLength(MEMBERS);
  const all = pages;
  pages = 0;
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname).pause();
  socket.write(`GET /scim/v2/Groups/${ID} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.token}\r\n\r\n`);
  const settled = async () => {
    for (let seen = -1; seen !== pages || pages === 0; ) {
      seen = pages;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return pages;
  };
  const read = await settled();
  expect(read).toBeLessThan(all);
  socket.destroy();
  expect(await settled()).toBeLessThan(all);
  await service.close();
});
