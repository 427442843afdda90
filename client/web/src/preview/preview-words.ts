/** What a preview found, in words. */
import { maxPreviewQuestions, type ReplayReport } from "@nod/contract/preview";
import { price, quantity, signedUsd } from "../money/decimal-text.ts";

export type PreviewedQuestion = ReplayReport["questions"][number];

/** `bought`: an order was filled, be it a sale. `denied`: a limit would have said no. `told`: nothing is ordered by such a card. */
export type Fate = "bought" | "denied" | "unfilled" | "told";

export function fateOf({ order, decision, fills }: PreviewedQuestion): Fate {
  if (order === null) return "told";
  if (decision?.verdict === "denied") return "denied";
  return fills.length > 0 ? "bought" : "unfilled";
}

const because: Record<PreviewedQuestion["fills"][number]["because"], string> = { answer: "", stop_loss: " by its stop", take_profit: " by its target", trailing_stop: " by its trailing stop" };

/** What would have come of a card, approved at once. */
export function fateWords(question: PreviewedQuestion): string {
  switch (fateOf(question)) {
    case "told":
      return "It only tells something";
    case "denied":
      return `Denied by your limits: ${withoutFullStop(question.decision?.message ?? "")}`;
    case "unfilled":
      return "Its limit was not reached: nothing bought";
    case "bought": {
      const steps = question.fills.map(({ side, qty, price: at, because: why }) => `${side === "buy" ? "bought" : "sold"} ${quantity(qty)} at $${price(at)}${because[why]}`);
      const text = steps.join(", ");
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
  }
}

/** Nothing is ever sent by a preview, so that it was not sent need not be said. */
const withoutFullStop = (message: string): string => message.replace(/\s*No order was sent[.:]?\s*/i, " ").trim().replace(/\.$/, "");

/** `▲ +$2.94`: a direction that does not need its colour. */
export function madeWords(made: string): string {
  const text = signedUsd(made);
  return text.startsWith("+") ? `▲ ${text}` : text.startsWith("−") ? `▼ ${text}` : text;
}

const plural = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dateWords = (date: string): string => dayFormat.format(Date.parse(date)).replace(" ", "\u00a0");

/** `in 5 trading days, 9 Oct to 15 Oct`; of days of which there are prices */
export function rangeWords(days: readonly string[]): string {
  const [from] = days;
  const to = days.at(-1);
  if (from === undefined || to === undefined) return "of which there are no prices";
  return `in ${plural(days.length, "trading day", "trading days")}, ${from === to ? dateWords(from) : `${dateWords(from)} to ${dateWords(to)}`}`;
}

/** How often, as one sentence for who does not see the figure. */
export function askedWords(count: number, days: readonly string[]): string {
  if (days.length === 0) return "There are no prices to look at.";
  return `It would have asked ${count === 0 ? "nothing" : plural(count, "time", "times")} ${rangeWords(days)}.`;
}

/** What the figures leave out, one sentence each. `wanted`: how many days were asked for; `seen`: of how many there are prices. */
export function caveatsOf(report: ReplayReport, { wanted, seen }: { wanted: number; seen: number }): string[] {
  const { trading_days: days, missing, cut_short: isCutShort, asked, questions, slippage_bps: bps } = report;
  const short = isCutShort ? `It took too long and was cut short after ${plural(days, "day", "days")}: what came later was not looked at.` : null;
  const few = !isCutShort && seen < wanted ? `Prices are there of ${seen} of the ${plural(wanted, "day", "days")}: minutes are kept from when a symbol is first followed.` : null;
  const first = asked > questions.length ? `It would have asked ${asked} times in all; the first ${maxPreviewQuestions} are told.` : null;
  const costs = questions.some(({ fills }) => fills.length > 0) ? `Every card is taken as approved at once, and every order as filled at the next minute's open, ${bps} basis points worse, fees included. It starts with $10,000.` : null;
  return [short, few, ...missing.map(({ symbol, message }) => `${symbol} is left out: ${message}.`), first, costs, seen > 0 ? "It says what would have been asked, not what will be." : null].filter((each) => each !== null);
}
