/** What rules asked on days that were, each worked out by hand from the recorded minutes. */
import { describe, expect, test } from "vitest";
import { skipAll } from "../../src/trading/replay/replay.ts";
import { momentsOf, moveRule, replayDay, replayedConfig, replayMoments } from "../support/replaying.ts";

const day = "2013-10-08";
const asked = (result: ReturnType<typeof replayDay>) => result.questions.map((question) => [question.at.slice(0, 16), question.symbol, question.price]);

describe("2013-10-08, when SPY fell by 1.2 %", () => {
  test("each symbol asks at the end of the first minute that closes at its threshold or below", () => {
    // Previous closes: SPY 167.42, BAC 13.81, AIG 48.73, IBM 182.01. A minute is known when it is over.
    //   SPY -1 %   is 165.7458: 18:07 closed at 165.79, 18:08 at 165.72
    //   SPY -1.1 % is 165.57838: 19:55 closed at 165.59, 19:56 at 165.50
    //   SPY -1.2 % is 165.41096: the lowest close is 165.48, of the last minute
    //   BAC -0.5 % is 13.74095: first in the minute 15:49, at 13.73
    //   BAC -1 %   is 13.6719: never
    //   AIG -1.5 % is 47.99905: 17:42 closed at 48.00, 17:43 at 47.96
    //   IBM -1.5 % is 179.27985: 18:02 closed at 179.35, 18:03 at 179.21
    const rules = [moveRule("SPY", -1), moveRule("SPY", -1.1), moveRule("SPY", -1.2), moveRule("BAC", -0.5), moveRule("BAC", -1), moveRule("AIG", -1.5), moveRule("IBM", -1.5)];
    expect(asked(replayDay(rules, day))).toEqual([
      [`${day}T15:50`, "BAC", "13.73"],
      [`${day}T17:44`, "AIG", "47.96"],
      [`${day}T18:04`, "IBM", "179.21"],
      [`${day}T18:09`, "SPY", "165.72"],
      [`${day}T19:57`, "SPY", "165.5"],
    ]);
  });

  test("a rule whose threshold is met exactly asks, and one a billionth of a percent further does not", () => {
    // 165.72 of 167.42 is -1.0154103452395…: the lowest close until then.
    const until = momentsOf(["SPY"], day).filter(({ atMs }) => atMs <= Date.parse(`${day}T18:10:00Z`));
    const at = (pct: number) => asked(replayMoments(replayedConfig([moveRule("SPY", pct)]), until));
    expect(at(-1.015410345)).toEqual([[`${day}T18:09`, "SPY", "165.72"]]);
    expect(at(-1.015410346)).toEqual([]);
  });

  test("a card says what it looked at", () => {
    expect(replayDay([moveRule("SPY", -1)], day).questions[0]).toMatchObject({ facts: { last: "165.72", prev_close: "167.42" }, order: { side: "buy", qty: "10" }, answer: "approve", decision: { verdict: "approved" } });
  });

  test("the order of rules does not matter to what fires", () => {
    const rules = [moveRule("SPY", -1), moveRule("AIG", -1.5), moveRule("IBM", -1), moveRule("BAC", -0.5), moveRule("AIG", -1)];
    const firings = (of: typeof rules) => replayDay(of, day, day, skipAll).questions.map(({ at, rule_id: id, price }) => `${at} ${id} ${price}`).toSorted();
    expect(firings(rules)).toHaveLength(5);
    expect(firings(rules.toReversed())).toEqual(firings(rules));
    expect(firings([...rules.slice(2), ...rules.slice(0, 2)])).toEqual(firings(rules));
  });

  test("the same input gives the same bytes", () => {
    const rules = [moveRule("SPY", -0.5), moveRule("AIG", -1, { cooldown_seconds: 60 }), moveRule("IBM", -1)];
    const once = JSON.stringify(replayDay(rules, "2013-10-04", "2013-10-09"));
    expect(JSON.stringify(replayDay(rules, "2013-10-04", "2013-10-09"))).toBe(once);
    expect(once.length).toBeGreaterThan(2_000);
  });
});

describe("nothing looks ahead", () => {
  const rules = [moveRule("SPY", -0.5, { cooldown_seconds: 600 }), moveRule("AIG", -1, { cooldown_seconds: 600, on_answer_match: { action: "propose_order", side: "buy", qty: 1, exits: { stop_loss_pct: 0.3, take_profit_pct: 0.3 } } })];
  const symbols = ["SPY", "AIG"];
  const cutMs = Date.parse(`${day}T17:00:00Z`);
  const before = (result: ReturnType<typeof replayDay>) => JSON.stringify({
    questions: result.questions.filter(({ at }) => Date.parse(at) <= cutMs).map(({ made_usd: _made, ...question }) => question),
    fills: result.fills.filter(({ at }) => Date.parse(at) < cutMs),
  });

  test("another future, and none at all, change nothing before them", () => {
    const config = replayedConfig(rules);
    const moments = momentsOf(symbols, day);
    const real = replayMoments(config, moments);
    const [known, ahead] = [moments.filter(({ atMs }) => atMs <= cutMs), moments.filter(({ atMs }) => atMs > cutMs)];
    // The rest of the day comes two hours later than it did, turned upside down in its order.
    const future = ahead.map((moment, n) => ({ atMs: moment.atMs, events: ahead.at(-1 - n)?.events.filter(({ kind }) => kind === "facts") ?? [] }));
    expect(real.questions.filter(({ at }) => Date.parse(at) > cutMs).length).toBeGreaterThan(3);
    expect(before(replayMoments(config, [...known, ...future]))).toBe(before(real));
    expect(before(replayMoments(config, known))).toBe(before(real));
    expect(real.fills.filter(({ at }) => Date.parse(at) < cutMs).length).toBeGreaterThan(3);
  });

  test("an order is filled by a minute that begins after it was made, at its open", () => {
    const { questions, fills } = replayDay([moveRule("SPY", -1)], day);
    // Asked at 18:09:00, of the minute 18:08. The minute 18:09 opened at 165.73; five basis points worse is 165.812865.
    expect(questions.map(({ at }) => at)).toEqual([`${day}T18:09:00.000Z`]);
    expect(fills).toMatchObject([{ at: `${day}T18:09:00.000Z`, price: "165.812865", qty: "10", side: "buy", because: "answer" }]);
  });
});
