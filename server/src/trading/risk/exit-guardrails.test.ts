import type { DenialCode } from "@nod/contract/denial";
import { describe, expect, test } from "vitest";
import { price, quantity, usd } from "../../core/decimal.ts";
import { exitDenialBeforeSending } from "./clear-to-send.ts";
import { decideExit } from "./decide.ts";
import type { ExitContext } from "./exit-guardrails.ts";
import type { ExitIntent } from "./intent.ts";
import type { RiskSettings } from "./risk-settings.ts";

const noon = new Date("2024-05-01T16:00:00Z");
const ago = (seconds: number): Date => new Date(noon.getTime() - seconds * 1_000);

const settings: RiskSettings = {
  tradingEnabled: true,
  venue: { environment: "paper", liveAllowed: false },
  caps: { maxOrderNotionalUsd: usd("1"), maxOrdersPerDay: 0, maxNotionalUsdPer4h: usd("1") },
  sessionMaxAgeSeconds: 300,
  accountMaxAgeSeconds: 300,
  reconciledMaxAgeSeconds: 300,
};

const intent = {
  id: "0c3f0000-0000-8000-8000-000000000000",
  firebaseUid: "alice",
  origin: "kill_switch",
  questionId: null,
  ruleId: null,
  exitOf: null,
  symbol: "SPY",
  assetClass: "us_equity",
  side: "sell",
  orderType: "market",
  limitPrice: null,
  qty: quantity("2"),
  mode: "paper",
  facts: { feed: "iex", price: price("492"), priceAsOf: ago(86_400), maxStalenessSeconds: 0, maxDriftBps: 0 },
  background: {},
  approvalExpiresAt: new Date(noon.getTime() + 3_600_000),
} as ExitIntent;

const flatten = { mode: "flatten", scope: "user", reason: null, since: ago(60) } as const;
const session = { isOpen: true, tradingDay: "2024-05-01", nextOpen: null, nextClose: new Date(noon.getTime() + 3_600_000), asOf: ago(10) };

const context: ExitContext = {
  at: noon,
  killSwitch: flatten,
  session,
  lastTrade: null,
  reconciledAt: ago(30),
  position: quantity("3"),
  openSellQty: quantity("1"),
  openOrdersOfSymbol: 0,
};

type Changes = { intent?: Partial<ExitIntent>; context?: Partial<ExitContext>; settings?: Partial<RiskSettings> };
const changed = (changes: Changes) => ({ intent: { ...intent, ...changes.intent }, context: { ...context, ...changes.context }, settings: { ...settings, ...changes.settings } });
const decided = (changes: Changes) => {
  const of = changed(changes);
  return decideExit(of.intent, of.context, of.settings);
};

/** What stops an exit whenever it is looked at. */
const always: [string, DenialCode, Changes][] = [
  ["the switch was lifted", "exit_no_longer_wanted", { context: { killSwitch: null } }],
  ["the switch closes no positions any more", "exit_no_longer_wanted", { context: { killSwitch: { ...flatten, mode: "cancel_only" } } }],
  ["the operator has switched trading off", "trading_disabled", { settings: { tradingEnabled: false } }],
  ["a paper exit would go to a live host", "mode_not_allowed", { settings: { venue: { environment: "live", liveAllowed: true } } }],
  ["a live exit would go to a paper host", "mode_not_allowed", { intent: { mode: "live" }, settings: { venue: { environment: "paper", liveAllowed: true } } }],
  ["a live exit has no word of the operator's", "mode_not_allowed", { intent: { mode: "live" }, settings: { venue: { environment: "live", liveAllowed: false } } }],
  ["its time is over", "question_expired", { intent: { approvalExpiresAt: noon } }],
  ["the market session was never heard of", "market_session_unknown", { context: { session: null } }],
  ["the market session was heard of too long ago", "market_session_unknown", { context: { session: { ...session, asOf: ago(301) } } }],
  ["the market is closed", "market_closed", { context: { session: { ...session, isOpen: false } } }],
];

describe("an exit of a kill switch, when it is made", () => {
  test("sells what it names, whatever the user's limits and however old the price, and cannot be taken back", () => {
    const { approved, decision } = decided({});
    expect(approved).toMatchObject({ size: { kind: "quantity", qty: "2" }, tradingDay: "2024-05-01", undoSeconds: 0 });
    expect(decision).toMatchObject({ verdict: "approved", code: null, limits: { position_qty: "3", open_sell_qty: "1" } });
  });

  const stops: [string, DenialCode, Changes][] = [
    ...always,
    ["the books were never compared", "broker_not_reconciled", { context: { reconciledAt: null } }],
    ["the books were compared too long ago", "broker_not_reconciled", { context: { reconciledAt: ago(301) } }],
    ["an order of the symbol is open", "duplicate_open_order", { context: { openOrdersOfSymbol: 1 } }],
    ["some of it is being sold already", "insufficient_position", { intent: { qty: quantity("2.000000001") } }],
  ];
  test.each(stops)("is stopped when %s: %s", (_why, code, changes) => {
    const { approved, decision } = decided(changes);
    expect(approved).toBeNull();
    expect(decision).toMatchObject({ verdict: "denied", code, message: expect.stringMatching(/^No order was sent: .*\.$/) });
  });
});

describe("an exit of a kill switch, right before its POST", () => {
  test("passes", () => {
    expect(exitDenialBeforeSending(changed({}))).toBeNull();
  });

  test.each(always)("is stopped when %s: %s", (_why, code, changes) => {
    expect(exitDenialBeforeSending(changed(changes))?.code).toBe(code);
  });
});
