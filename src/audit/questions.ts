// Every audit question. Routes are tried in this order.
import { accessOf } from "./access.ts";
import { actorActivity } from "./actor-activity.ts";
import { blame } from "./blame.ts";
import { blastRadius } from "./blast-radius.ts";
import { churn } from "./churn.ts";
import { completeness } from "./completeness.ts";
import { credentials } from "./credentials.ts";
import { deleted } from "./deleted.ts";
import { deprovisioningTimes } from "./deprovisioning-times.ts";
import { diff } from "./diff.ts";
import { disabledAccess } from "./disabled-access.ts";
import { erasures } from "./erasures.ts";
import { holdersOf } from "./holders-of.ts";
import { joiners } from "./joiners.ts";
import { knownAbout } from "./known-about.ts";
import { leavers } from "./leavers.ts";
import { marks } from "./marks.ts";
import { membersAt } from "./members.ts";
import { movers } from "./movers.ts";
import { dormant, selfGrants, temporaryGrants } from "./no-source.ts";
import { orphans } from "./orphans.ts";
import { overlaps } from "./overlaps.ts";
import { privileged } from "./privileged.ts";
import type { Question } from "./question.ts";
import { readings } from "./readings.ts";
import { refused } from "./refused.ts";
import { resourceAt } from "./resource-at.ts";
import { timeline } from "./timeline.ts";
import { unapproved } from "./unapproved.ts";
import { wasMember } from "./was-member.ts";
import { whoGranted } from "./who-granted.ts";

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
