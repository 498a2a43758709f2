// Every audit question. Routes are tried in this order.

import type { Question } from "./answers/question.ts";
import { accessOf } from "./questions/access.ts";
import { actorActivity } from "./questions/actor-activity.ts";
import { blame } from "./questions/blame.ts";
import { blastRadius } from "./questions/blast-radius.ts";
import { churn } from "./questions/churn.ts";
import { completeness } from "./questions/completeness.ts";
import { credentials } from "./questions/credentials.ts";
import { deleted } from "./questions/deleted.ts";
import { deprovisioningTimes } from "./questions/deprovisioning-times.ts";
import { diff } from "./questions/diff.ts";
import { disabledAccess } from "./questions/disabled-access.ts";
import { erasures } from "./questions/erasures.ts";
import { holdersOf } from "./questions/holders-of.ts";
import { joiners } from "./questions/joiners.ts";
import { knownAbout } from "./questions/known-about.ts";
import { leavers } from "./questions/leavers.ts";
import { marks } from "./questions/marks.ts";
import { membersAt } from "./questions/members.ts";
import { movers } from "./questions/movers.ts";
import { dormant, selfGrants, temporaryGrants } from "./questions/no-source.ts";
import { orphans } from "./questions/orphans.ts";
import { overlaps } from "./questions/overlaps.ts";
import { privileged } from "./questions/privileged.ts";
import { readings } from "./questions/readings.ts";
import { refused } from "./questions/refused.ts";
import { resourceAt } from "./questions/resource-at.ts";
import { timeline } from "./questions/timeline.ts";
import { unapproved } from "./questions/unapproved.ts";
import { wasMember } from "./questions/was-member.ts";
import { whoGranted } from "./questions/who-granted.ts";

export const questions: readonly Question[] = [
  resourceAt,
  membersAt,
  accessOf,
  holdersOf,
  diff,
  wasMember,
  whoGranted,
  actorActivity,
  blastRadius,
  leavers,
  deprovisioningTimes,
  joiners,
  disabledAccess,
  dormant,
  orphans,
  privileged,
  marks,
  overlaps,
  selfGrants,
  unapproved,
  movers,
  temporaryGrants,
  timeline,
  blame,
  deleted,
  refused,
  readings,
  knownAbout,
  completeness,
  churn,
  credentials,
  erasures,
];
