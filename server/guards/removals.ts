/** Everything that is removed, one at a time. */
import type { Removal } from "./removal.ts";
import { approvals } from "./removals/approval.ts";
import { atTheAnswer } from "./removals/at-the-answer.ts";
import { beforeThePost } from "./removals/before-the-post.ts";
import { clocks } from "./removals/clocks.ts";
import { decisions } from "./removals/decisions.ts";
import { deskLeases } from "./removals/desk.ts";
import { doubt } from "./removals/doubt.ts";
import { exits } from "./removals/exits.ts";
import { killSwitch } from "./removals/kill-switch.ts";
import { oneOrder } from "./removals/one-order.ts";
import { outbox } from "./removals/outbox.ts";
import { outsideTransactions } from "./removals/outside-transactions.ts";
import { paperAndLive } from "./removals/paper-and-live.ts";
import { reconciliation } from "./removals/reconciliation.ts";
import { record } from "./removals/record.ts";
import { secretsAndOwners } from "./removals/secrets-and-owners.ts";
import { unknownFacts } from "./removals/unknown-facts.ts";

export const removals: readonly Removal[] = [
  ...atTheAnswer,
  ...beforeThePost,
  ...oneOrder,
  ...doubt,
  ...decisions,
  ...exits,
  ...unknownFacts,
  ...paperAndLive,
  ...clocks,
  ...outsideTransactions,
  ...reconciliation,
  ...killSwitch,
  ...outbox,
  ...record,
  ...secretsAndOwners,
  ...deskLeases,
  ...approvals,
];
