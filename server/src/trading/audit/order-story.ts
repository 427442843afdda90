import type { StoryEntry, StoryStation } from "@nod/contract/order-story";
import { TradingQuestionMetadata } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import { percent, toSentenceNumber } from "../../core/decimal.ts";
import { newYorkDate } from "../../core/trading-day.ts";
import type { EventKind, RecordedEvent } from "./events-table.ts";

/** What was asked, with the facts that it was asked on. */
export type AskedQuestion = { questionText: string; metadata: Record<string, unknown>; createdAt: Date };

type Data = Readonly<Record<string, unknown>>;
type Telling = { station: StoryStation; tell: (data: Data) => string };

/** As the card tells it; the figure itself is in the entry's data. */
const pctDigits = 2;

const readMetadata = compileValidator(TradingQuestionMetadata);

/** A value of an event's data within a sentence; what is not there is left out. */
const say = (value: unknown, before = "", after = ""): string => (typeof value === "string" || typeof value === "number" ? `${before}${value}${after}` : "");

const leftOver = (left: unknown, halted: unknown): string => (halted === true ? " and did not say which, so no new orders are taken until somebody has looked" : say(left, "; ", " is filled in all"));

const tellings: Record<EventKind, Telling> = {
  question_asked: { station: "question", tell: ({ follow_up_of: again, revises }) => (revises !== undefined ? "The question was asked anew, on what held by then." : again === undefined ? "The question was asked." : "The question was asked once more, because the answer was not clear.") },
  question_closed: { station: "question", tell: ({ outcome }) => `The question closed${say(outcome, ": ")}.` },
  answer_given: { station: "answer", tell: ({ answer, via }) => `The answer was ${say(answer)}${say(via, ", given over ")}.` },
  intent_proposed: { station: "decision", tell: ({ side, symbol, notional_usd: usd, mode }) => `It was proposed to ${say(side)} ${say(symbol)}${say(usd, " for $")}${say(mode, " (", ")")}.` },
  order_approved: { station: "decision", tell: () => "Every guardrail let it pass." },
  order_denied: { station: "decision", tell: ({ stage, code }) => `It was denied ${stage === "submit" ? "right before it was to be sent" : "at the answer"}${say(code, ": ")}.` },
  order_taken_back: { station: "answer", tell: () => "The approval was taken back before anything was sent." },
  order_submitting: { station: "submission", tell: ({ client_order_id: id, attempt }) => `It was taken up to be sent${say(id, " as ")}${say(attempt, ", attempt ")}.` },
  order_not_sent: { station: "submission", tell: ({ reason }) => `It never left this machine${say(reason, ": ")}.` },
  order_unknown: { station: "submission", tell: ({ reason }) => `It is not known whether the broker has it${say(reason, ": ")}.` },
  order_looked_up: { station: "submission", tell: ({ attempt, outcome }) => `It was looked up at the broker${say(attempt, ", attempt ")}${say(outcome, ": ")}.` },
  order_sent_again: { station: "submission", tell: ({ reason }) => `It was given back to be sent once more, under the same id${say(reason, ": ")}.` },
  order_not_placed: { station: "submission", tell: ({ reason }) => `It ended without being placed${say(reason, ": ")}.` },
  order_reported: { station: "broker", tell: ({ status, source }) => `The broker says${say(status, " ")}${say(source, " (by ", ")")}.` },
  order_rejected: { station: "broker", tell: ({ reason }) => `The broker rejected it${say(reason, ": ")}.` },
  order_filled: { station: "broker", tell: ({ filled_qty: qty, filled_avg_price: price }) => `The broker says it is filled${say(qty, ": ")}${say(price, " at $")}.` },
  order_mismatched: { station: "broker", tell: ({ difference }) => `The broker holds another order under its id${say(difference, ": ")}.` },
  order_report_ignored: { station: "broker", tell: ({ why }) => `A word of the broker's changed nothing${say(why, ": ")}.` },
  fill_recorded: { station: "fill", tell: ({ qty, price }) => `${say(qty)} traded at $${say(price)}.` },
  trade_busted: { station: "fill", tell: ({ was_qty: qty, was_price: price, filled_qty: left, halted }) => `The broker took back ${qty === null ? "a trade" : `${say(qty)} that had traded`}${say(price, " at $")}${leftOver(left, halted)}.` },
  trade_corrected: { station: "fill", tell: ({ qty, price, was_qty: was, was_price: before, filled_qty: left, halted }) => `The broker corrected a trade${say(qty, ": ")}${say(price, " at $")}${say(was, " instead of ")}${say(before, " at $")}${leftOver(left, halted)}.` },
  cancel_requested: { station: "intervention", tell: ({ because }) => `The broker was asked to cancel it${say(because, ", because of ")}.` },
  exit_triggered: { station: "intervention", tell: ({ by, price, entry }) => `An exit approved with it was reached${typeof by === "string" ? ` (${by.replaceAll("_", " ")})` : ""}${say(price, ": $")}${say(entry, ", bought at $")}.` },
  kill_switch_set: { station: "intervention", tell: ({ mode }) => `The kill switch was set${say(mode, ": ")}.` },
  kill_switch_cleared: { station: "intervention", tell: () => "The kill switch was cleared." },
  config_changed: { station: "intervention", tell: () => "The config was changed." },
};

const isTold = (kind: string): kind is EventKind => Object.hasOwn(tellings, kind);

/**
 * Pure. The whole way of one order, oldest first: what its question carried, then what the log says. `archivedBefore`: what the
 * log said before that moment is no longer at hand, which the story says in its place.
 */
export function tellOrderStory(question: AskedQuestion | null, events: readonly RecordedEvent[], archivedBefore: Date | null = null): StoryEntry[] {
  return [...(question === null ? [] : prologueOf(question)), ...(archivedBefore === null ? [] : [gapBefore(archivedBefore)]), ...events.map(entryOf)];
}

const gapBefore = (at: Date): StoryEntry => ({
  at: at.toISOString(),
  station: "intervention",
  text: `What the log said of it before ${newYorkDate(at)} has gone to an archive: this is not the whole story.`,
  data: { archived_before: at.toISOString() },
  event: null,
});

function prologueOf({ questionText, metadata, createdAt }: AskedQuestion): StoryEntry[] {
  const read = readMetadata(metadata);
  if (!read.ok) return [];
  const { symbol, feed, price, price_as_of, ref_metric, ref, pct, rule_id, rule_type, rule_text, threshold_pct, config_revision, facts } = read.value;
  return [
    {
      at: price_as_of,
      station: "facts",
      text: ref_metric === undefined ? `${symbol} stood at $${price}.` : `${symbol} stood at $${price}, ${pct === undefined ? "" : `${toSentenceNumber(percent(pct), pctDigits)} % `}from $${ref} (${ref_metric.replaceAll("_", " ")}).`,
      data: { symbol, feed, price, price_as_of, ref_metric, ref, pct, facts },
      event: null,
    },
    {
      at: createdAt.toISOString(),
      station: "rule",
      text: rule_text,
      data: { rule_id, rule_type, threshold_pct, config_revision, question_text: questionText },
      event: null,
    },
  ];
}

function entryOf(event: RecordedEvent): StoryEntry {
  const telling: Telling = isTold(event.kind) ? tellings[event.kind] : { station: "intervention", tell: () => `${event.kind.replaceAll("_", " ")}.` };
  return {
    at: event.at.toISOString(),
    station: telling.station,
    text: telling.tell(event.data),
    data: event.data,
    event: { id: event.id, kind: event.kind, place: event.place, hash: event.hash },
  };
}
