// Asks the questions of a world, as the routes do, and checks each row against its declared shape.

import { expect } from "@jest/globals";
import { answerText, type Format } from "../../src/audit/answers/answer-text.ts";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Question } from "../../src/audit/answers/question.ts";
import { questions } from "../../src/audit/questions.ts";
import type { Searchable } from "../../src/audit/replay/taken.ts";
import type { Sources } from "../../src/audit/sources.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import { presentFrom } from "../../src/http/audit/present.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { builtInTypes } from "../../src/scim/schema/type-set.ts";
import { FoldStore } from "./fold-store.ts";
import { TENANT, type World } from "./world.ts";

const types = { typesOf: () => builtInTypes };

export interface Envelope<Row> {
  readonly question: string;
  readonly parameters: Record<string, string>;
  readonly tenant: string;
  readonly asOf?: string;
  readonly position: string;
  readonly effectiveAt: string;
  readonly completeness: { readonly through: string; readonly behind: 0 };
  readonly subject: { readonly display: string | null; readonly created: string; readonly deleted: string | null };
  readonly rows: readonly Row[];
  readonly resource: JsonObject;
  readonly count: number;
  readonly next?: string;
}

/** A row whose shape was checked already. */
export interface Loose {
  readonly [name: string]: Loose;
}

export const sourcesOf = (world: World, store: Searchable["store"] = new FoldStore(world)): Searchable => ({
  store,
  log: {
    head: async () => world.position,
    read: async (stream, after, limit = 1_000) =>
      world.entries
        .flatMap(({ recorded }) => (recorded.stream === stream && recorded.revision > after ? [recorded] : []))
        .slice(0, limit),
    isGapless: true,
    readAt: async (positions) => positions.map((at) => world.entries.find(({ position }) => position === at)!.recorded),
  },
  findKey: world.openKey,
  clientOf: async (_, id) => ({ id, address: null, userAgent: null }),
  types,
  present: presentFrom(store, types, "https://scim.example.com/scim/v2"),
  clock: () => world.now,
  patience: 20,
});

export async function textOf(
  question: Question,
  parameters: Record<string, string>,
  sources: Sources,
  { tenant = TENANT, format = "json" as Format } = {},
): Promise<string> {
  const asked = question.read(parameters, sources.clock());
  const answer = await asked.answer(sources, tenant);
  let text = "";
  for await (const piece of answerText(asked, tenant, answer, sources, format)) text += piece;
  return text;
}

export async function ask<Row = JsonObject>(
  question: Question,
  parameters: Record<string, string>,
  sources: Sources,
  tenant = TENANT,
): Promise<Envelope<Row>> {
  const envelope = JSON.parse(await textOf(question, parameters, sources, { tenant })) as Envelope<Row>;
  for (const row of envelope.rows ?? [envelope.resource]) question.row.parse(row);
  return envelope;
}

/** The rows of an answer; none where it has to be refused, because nobody ever was called so. */
export async function rowsUnless<Row = JsonObject>(
  nobody: string | undefined,
  answer: Promise<Envelope<Row>>,
): Promise<readonly Row[]> {
  if (nobody === undefined) return (await answer).rows;
  await expect(answer).rejects.toMatchObject({ status: 404, message: expect.stringContaining(`“${nobody}”`) });
  return [];
}

/** The name of a credential that no event of a world bears. */
export const nobodyIn = (world: World, credential: string | undefined): string | undefined =>
  world.entries.some(({ recorded }) => recorded.envelope.includes(`"${credential}"`)) ? undefined : credential;

/** The effective time of a position, as a parameter. */
export const timeOf = (world: World, position: Position): string =>
  formatInstant(world.entries.find((entry) => entry.position === position)!.effectiveAt);

export const questionNamed = (id: string): Question => questions.find((question) => question.id === id)!;
