// Every audit question. Routes are tried in this order.
import { accessOf } from "./access.ts";
import { membersAt } from "./members.ts";
import type { Question } from "./question.ts";
import { resourceAt } from "./resource-at.ts";
import { timeline } from "./timeline.ts";

export const questions: readonly Question[] = [resourceAt, membersAt, accessOf, timeline];
