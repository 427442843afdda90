import type { Book } from "@nod/alpaca-simulator";
import { readEvidence, type Evidence, type Queryable } from "./evidence.ts";
import { everyQuestionHasOneOutcome, noApprovalIsLost, repliesAreKept, whatWasTakenBackIsNotSent } from "./laws/answers.ts";
import { booksAreEqual } from "./laws/books.ts";
import { chainsAreWhole } from "./laws/chain.ts";
import { doubtLastsItsTime } from "./laws/doubt.ts";
import { guardrailsHold, nobodySellsMoreThanHeHolds } from "./laws/guardrails.ts";
import { everyPostIsApproved, noDuplicateOrder } from "./laws/one-order.ts";
import { outboxesHaveNoGaps } from "./laws/outbox.ts";
import { nothingAfterExpiry, nothingUnderAKillSwitch } from "./laws/permission.ts";
import { everyStoryIsComplete } from "./laws/story.ts";
import { tellStory } from "./tell-story.ts";
import { defaultCheckLimits, type CheckLimits, type Law, type Violation } from "./violation.ts";

const laws: readonly Law[] = [
  noDuplicateOrder,
  everyPostIsApproved,
  noApprovalIsLost,
  repliesAreKept,
  whatWasTakenBackIsNotSent,
  doubtLastsItsTime,
  nothingAfterExpiry,
  nothingUnderAKillSwitch,
  guardrailsHold,
  nobodySellsMoreThanHeHolds,
  booksAreEqual,
  everyStoryIsComplete,
  everyQuestionHasOneOutcome,
  outboxesHaveNoGaps,
  chainsAreWhole,
];

/** How much happened, and how it ended: a run in which nothing happens proves nothing. */
export type Tally = Readonly<Record<string, number>>;

/** `stories`: one for each order that a violation names. */
export type Verdict = { violations: Violation[]; stories: string[]; tally: Tally };

/** Judges a world at rest: what is still on its way looks like what was lost. */
export async function checkBooks(of: { database: Queryable; book: Book; limits?: Partial<CheckLimits> }): Promise<Verdict> {
  const evidence = await readEvidence(of.database, of.book);
  const limits = { ...defaultCheckLimits, ...of.limits };
  const violations = laws.flatMap((law) => law(evidence, limits));
  const named = new Set(violations.map(({ clientOrderId }) => clientOrderId).filter((id) => id !== null));
  return { violations, stories: [...named].map((id) => tellStory(evidence, id)), tally: tallyOf(evidence) };
}

function tallyOf({ questions, answers, orders, intents, events, decisions, fills, replies, book }: Evidence): Tally {
  const tally: Record<string, number> = { questions: questions.length, answers: answers.length, orders: orders.length, posts: book.posts.length, fills: fills.length };
  const count = (what: string): void => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  for (const { status } of orders) count(`order ${status}`);
  for (const { stage, code } of decisions) if (code !== null) count(`${stage === "answer" ? "denied" : "denied at sending"}: ${code}`);
  for (const orderId of new Set(events.filter(({ kind }) => kind === "order_unknown").map((event) => event.orderId))) if (orderId !== null) count("in doubt for a while");
  for (const { kind } of replies) if (kind === "undone") count("taken back");
  for (const { kind } of book.accounts.flatMap((account) => account.executions)) if (kind !== "fill") count(kind === "trade_bust" ? "trade busts" : "trade corrections");
  for (const { origin } of intents) if (origin === "kill_switch") count("exits by kill switch");
  return tally;
}
