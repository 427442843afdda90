/** Round trips on recorded days, to the cent, by hand. */
import { describe, expect, test } from "vitest";
import type { Exits } from "@nod/contract/action";
import { skipAll } from "../../src/trading/replay/replay.ts";
import { moveRule, replayDay } from "../support/replaying.ts";

const day = "2013-10-08";
const sell = moveRule("AIG", -1.5, { on_answer_match: { action: "propose_exit" } });

describe("a round trip", () => {
  test("costs its slippage on both sides and the fee on the sale", () => {
    // Buys at 15:49: the minute 15:48 closed at 48.20, which is below 48.2427 (-1 % of 48.73). 15:49 opened at 48.20;
    //   five basis points more are 48.2241; ten shares are worth 482.24.
    // Sells at 17:44: 17:43 closed at 47.96, which is below 47.99905. 17:44 opened at 47.96; five basis points less are
    //   47.93602; ten shares are worth 479.36. The fee is 0.278 basis points of it, 0.0133, which is two cents.
    // -482.24 + 479.36 - 0.02 = -2.90. Slippage: 482.24 - 482.00 + 479.60 - 479.36 = 0.48.
    const result = replayDay([moveRule("AIG", -1), sell], day);
    expect(result.fills.map(({ side, price, qty, fee_usd: fee }) => ({ side, price, qty, fee }))).toEqual([
      { side: "buy", price: "48.2241", qty: "10", fee: "0" },
      { side: "sell", price: "47.93602", qty: "10", fee: "0.02" },
    ]);
    expect(result.questions.map(({ made_usd: made }) => made)).toEqual(["-2.88", "-0.02"]);
    expect(result).toMatchObject({ starts_with_usd: "10000", ends_with_usd: "9997.1", fees_usd: "0.02", slippage_usd: "0.48", equity: [{ at: `${day}T20:00:00.000Z`, equity_usd: "9997.1" }] });
  });

  test("the worst drawdown is of the minute that closed lowest, against the best one before it", () => {
    // Nothing is sold. The best close is 17:01's, 48.30: ten shares are worth 483.00, and paid were 482.24. The lowest is the
    // last minute's, 47.70, with 477.00. From 10000.76 to 9994.76 is 0.05999544035 %.
    expect(replayDay([moveRule("AIG", -1)], day)).toMatchObject({ worst_drawdown_pct: "-0.05999544", ends_with_usd: "9994.76", questions: [{ made_usd: "-5.24" }] });
  });

  test("that is skipped makes nothing, and nothing is held to sell", () => {
    const result = replayDay([moveRule("AIG", -1), sell], day, day, skipAll);
    expect(result).toMatchObject({ questions: [{ rule_id: "aig_falls_1", answer: "skip", made_usd: "0", decision: null }], fills: [], ends_with_usd: "10000", worst_drawdown_pct: "0" });
  });
});

describe("exits that were approved with the buy", () => {
  const buys = (symbol: string, pct: number, exits: Exits, on: string) => replayDay([moveRule(symbol, pct, { on_answer_match: { action: "propose_order", side: "buy", qty: 10, exits } })], on).fills.map(({ at, side, price, because }) => ({ at: at.slice(11, 16), side, price, because }));

  test("a stop sells at the open after the minute that touched it", () => {
    // Bought at 48.2241; half a percent less is 47.9829795. 17:41's low is 48.01, 17:42's 47.97; 17:43 opened at 48.00: 47.976.
    expect(buys("AIG", -1, { stop_loss_pct: 0.5 }, day)).toEqual([
      { at: "15:49", side: "buy", price: "48.2241", because: "answer" },
      { at: "17:43", side: "sell", price: "47.976", because: "stop_loss" },
    ]);
  });

  // IBM, 2013-10-09: the previous close is 178.72, and half a percent more 179.6136. 13:31 closed at 179.44, 13:32 at 179.70;
  // 13:33 opened at 179.69: bought at 179.779845.
  const bought = { at: "13:33", side: "buy", price: "179.779845", because: "answer" };

  test("a target sells at the open after the minute that reached it", () => {
    // Half a percent more is 180.678744225. 13:47's high is 180.57, 13:48's 180.82; 13:49 opened at 180.17: 180.079915.
    expect(buys("IBM", 0.5, { take_profit_pct: 0.5 }, "2013-10-09")).toEqual([bought, { at: "13:49", side: "sell", price: "180.079915", because: "take_profit" }]);
  });

  test("a trailing stop follows the highest price once it is active", () => {
    // Active from 180.678744225 on, which 13:48 passed with 180.82; 0.3 % less is 180.27754, and its low is 180.19.
    expect(buys("IBM", 0.5, { trailing_stop: { trail_pct: 0.3, activate_at_pct: 0.5 } }, "2013-10-09")).toEqual([bought, { at: "13:49", side: "sell", price: "180.079915", because: "trailing_stop" }]);
  });

  test("and is quiet before that", () => {
    expect(buys("IBM", 0.5, { trailing_stop: { trail_pct: 0.3, activate_at_pct: 5 } }, "2013-10-09")).toEqual([bought]);
  });
});

describe("a limit order", () => {
  const limited = (offset: number) => replayDay([moveRule("SPY", -1, { on_answer_match: { action: "propose_order", side: "buy", qty: 10, order_type: "limit", limit_offset_bps: offset } })], day);

  test("is filled at its limit by the first minute that trades through it, not by one that only touches it", () => {
    // Asked at 165.72; eight basis points less are 165.587424, on the tick 165.58. 19:55's low is 165.58; 19:56 opened at 165.59, its low is 165.47.
    expect(limited(-8).fills).toMatchObject([{ at: `${day}T19:56:00.000Z`, price: "165.58" }]);
  });

  test("that is never reached is over when the session ends", () => {
    // A quarter of a percent less is 165.30, and the day's low 165.36.
    expect(limited(-25)).toMatchObject({ questions: [{ order: { limit_price: "165.3" }, made_usd: "0" }], fills: [], ends_with_usd: "10000" });
  });
});

test("guardrails deny in a replay what they deny live", () => {
  const rule = moveRule("SPY", -1, { on_answer_match: { action: "propose_order", side: "buy", qty: 100 } });
  // A hundred shares at 165.72 are 16572, and the account has 10000.
  expect(replayDay([rule], day)).toMatchObject({ questions: [{ decision: { verdict: "denied" }, order_id: null }], fills: [] });
});
