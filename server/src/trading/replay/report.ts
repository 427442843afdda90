/** A replay as people read it, and as the preview tells it. Pure. */
import { maxPreviewQuestions, type ReplayReport } from "@nod/contract/preview";
import { add, centsOf, compare, dividedEqually, isPositive, percent, percentOf, subtract, toApproximateNumber, toSentenceNumber, usd, zeroUsd, type Usd } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Costs } from "./costs.ts";
import type { Replay } from "./replay.ts";

export type ReportOf = { days: readonly NewYorkDate[]; costs: Costs; missing: ReplayReport["missing"]; isCutShort: boolean };

export function reportOf(replay: Replay, { days, costs, missing, isCutShort }: ReportOf): ReplayReport {
  const fillsOf = Map.groupBy(replay.fills, ({ question_id: id }) => id);
  const bought = replay.questions.filter(({ id }) => fillsOf.get(id)?.some(({ side }) => side === "buy") === true);
  const won = bought.filter(({ made_usd: made }) => isPositive(made));
  return {
    from: days[0] ?? null,
    to: days.at(-1) ?? null,
    trading_days: days.length,
    asked: replay.questions.length,
    questions: replay.questions.slice(0, maxPreviewQuestions).map(({ order_id: _order, facts, ...question }) => ({
      ...question,
      facts: { ...facts },
      fills: (fillsOf.get(question.id) ?? []).map(({ order_id: _id, question_id: _of, ...fill }) => fill),
    })),
    starts_with_usd: replay.starts_with_usd,
    ends_with_usd: replay.ends_with_usd,
    made_usd: subtract(replay.ends_with_usd, replay.starts_with_usd),
    equity: replay.equity,
    win_rate_pct: bought.length === 0 ? null : percentOf(usd(bought.length), usd(won.length)),
    worst_drawdown_pct: replay.worst_drawdown_pct,
    fees_usd: replay.fees_usd,
    slippage_usd: replay.slippage_usd,
    slippage_bps: costs.slippageBps,
    buy_and_hold: { made_usd: heldGain(replay), symbols: replay.held },
    prices: replay.prices,
    missing,
    cut_short: isCutShort,
  };
}

/** Equal parts, each rounded down to the cent. */
function heldGain({ held, starts_with_usd: cash }: Replay): Usd | null {
  if (held.length === 0) return null;
  const part = dividedEqually(cash, held.length);
  return held.reduce((total, { pct }) => add(total, centsOf(part, toApproximateNumber(pct))), zeroUsd);
}

/** For a terminal. */
export function printReport(report: ReplayReport): string {
  const { questions, missing } = report;
  const lines = [`${report.from ?? "?"} to ${report.to ?? "?"}, ${report.trading_days} trading days: asked ${report.asked} times`, ""];
  for (const { at, symbol, price, rule_id: rule, rule_text: text, order, answer, decision, fills, made_usd: made } of questions) {
    const size = order === null ? "tells only" : `${order.side} ${order.qty ?? `$${order.notional_usd ?? order.ask?.min ?? ""}`}`;
    lines.push(`${at}  ${symbol} at ${price}  ${rule}: ${text}`);
    lines.push(`    ${size}; ${answer}${decision?.verdict === "denied" ? `, denied: ${decision.code}` : ""}${order === null ? "" : `; made ${signed(made)}`}`);
    for (const fill of fills) lines.push(`    ${fill.at}  ${fill.side} ${fill.qty} at ${fill.price} (${fill.because.replace("_", " ")}), fee $${fill.fee_usd}`);
  }
  if (questions.length > 0) lines.push("");
  lines.push(`equity $${report.starts_with_usd} -> $${report.ends_with_usd} (${signed(report.made_usd)}), worst drawdown ${rounded(report.worst_drawdown_pct)} %`);
  lines.push(`won ${report.win_rate_pct === null ? "-" : rounded(report.win_rate_pct)} % of what was bought; fees $${report.fees_usd}, slippage $${report.slippage_usd} (${report.slippage_bps} basis points a side)`);
  const held = report.buy_and_hold.symbols.map(({ symbol, pct }) => `${symbol} ${rounded(pct)} %`).join(", ");
  lines.push(`buying and holding: ${report.buy_and_hold.made_usd === null ? "-" : signed(report.buy_and_hold.made_usd)}${held === "" ? "" : ` (${held})`}`);
  for (const { symbol, message } of missing) lines.push(`missing: ${symbol}: ${message}`);
  return lines.join("\n");
}

const rounded = (pct: string): string => toSentenceNumber(percent(pct), 3);

const signed = (amount: string): string => (compare(usd(amount), zeroUsd) > 0 ? `+$${amount}` : amount.startsWith("-") ? `-$${amount.slice(1)}` : `$${amount}`);
