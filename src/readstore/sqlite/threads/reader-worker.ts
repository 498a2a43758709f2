// The thread of queries that no index serves.
import { workerData } from "node:worker_threads";
import { ScimError } from "../../../scim/errors.ts";
import { ViewsReader } from "../reading/views-reader.ts";
import { answerEach } from "./lazy-worker.ts";
import type { Answered, Asked, Question, ThreadData } from "./query-thread.ts";

const { folder, options, deadline } = workerData as ThreadData;
const reader = new ViewsReader(folder, options, { isTimed: true });

function answer({ number, question }: Asked): Answered {
  try {
    return { number, answer: answerUntil(question, performance.now() + deadline) };
  } catch (error) {
    if (error instanceof ScimError)
      return { number, refused: { status: error.status, scimType: error.scimType, detail: error.message } };
    return { number, failed: error instanceof Error ? error.message : String(error) };
  }
}

function answerUntil({ kind, query }: Question, time: number): NonNullable<Answered["answer"]> {
  switch (kind) {
    case "resources":
      return reader.queries.queryUntil(query, time);
    case "walk":
      return reader.queries.walkUntil(query, time);
    case "memberships":
      return reader.memberships.listUntil(query, time);
    case "membershipWalk":
      return reader.memberships.walkUntil(query, time);
    default:
      return kind satisfies never;
  }
}

answerEach(answer, () => reader.close());
