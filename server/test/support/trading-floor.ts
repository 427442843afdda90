/**
 * Everything between an answer and the broker, on a test's database: users with a config, fresh prices, an open market,
 * questions to answer, and the services that answer them. Two floors on one database are two processes.
 */
import type { TradingConfig } from "@nod/contract/trading-config";
import { usd } from "../../src/core/decimal.ts";
import { newUuid } from "../../src/core/ids.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { createAnswerService, type AnswerMeta, type AnswerOutcome } from "../../src/pipeline/answer.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { defaultMaxAges, type RiskSettings } from "../../src/trading/risk/risk-settings.ts";
import type { DeskFence } from "../../src/workers/desk-lease.ts";
import { createReconciledGate } from "../../src/workers/reconciled-gate.ts";
import { createReconciler } from "../../src/workers/reconcile.ts";
import { createUnknownResolver, type LookupLimits } from "../../src/workers/resolve-unknown.ts";
import { createSubmitWorker, type RoomToSend, type SubmitLimits } from "../../src/workers/submit.ts";
import { createTradeStreamWorker } from "../../src/workers/trade-stream.ts";
import type { BrokerPort, TradeStreamPort } from "../../src/trading/ports.ts";
import { openDeskFence } from "./open-fence.ts";
import { addUsers, configWith, dipRule } from "./trading-users.ts";

export const testRiskSettings: RiskSettings = {
  tradingEnabled: true,
  venue: { environment: "paper", liveAllowed: false },
  caps: { maxOrderNotionalUsd: usd("1000"), maxOrdersPerDay: 1_000, maxNotionalUsdPer4h: usd("100000") },
  ...defaultMaxAges,
};

const viaTest: AnswerMeta = { via: "http", requestId: "test" };

export type FloorOptions = { settings?: Partial<RiskSettings>; submit?: Partial<SubmitLimits>; lookup?: Partial<LookupLimits>; gateOpen?: boolean; fence?: DeskFence; roomToSend?: () => RoomToSend };

export type Floor = ReturnType<typeof createFloor>;

/** One process: its own answer service and workers. Nothing runs until it is started. */
export function createFloor(pool: Pool, broker: { port: BrokerPort; stream: TradeStreamPort }, options: FloorOptions = {}) {
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    failures.push(error);
  };
  const settings = { ...testRiskSettings, ...options.settings };
  const { fence = openDeskFence } = options;
  const gate = createReconciledGate();
  if (options.gateOpen !== false) gate.open(gate.closings());
  const unknowns = createUnknownResolver({ pool, fence, broker: broker.port, settings, onSendAgain: () => submit.wake(), observer: { lookedUp: () => undefined, failed }, limits: { firstDelayMs: 10, longestDelayMs: 40, ...options.lookup } });
  const reconciler = createReconciler({ pool, fence, broker: broker.port, gate, unknowns, observer: { reconciled: () => undefined, failed } });
  const submit = createSubmitWorker({
    pool,
    fence,
    broker: broker.port,
    gate,
    settings,
    observer: { denied: () => undefined, sending: () => undefined, answered: () => undefined, failed },
    roomToSend: options.roomToSend,
    onDoubt: () => undefined,
    limits: { pollIntervalMs: 50, retryDelayMs: 5, firstLookupDelayMs: 0, writeRetryDelayMs: 20, ...options.submit },
  });
  const stream = createTradeStreamWorker({
    pool,
    fence,
    stream: broker.stream,
    gate,
    reconcile: () => void reconciler.reconcile(),
    observer: { connected: () => undefined, disconnected: () => undefined, applied: () => undefined, failed },
  });
  const branch = createTradingBranch({ configs: configSourceOf({ get: () => undefined }), settings, orderPlaced: () => submit.wake() });
  const answers = createAnswerService({ pool, branches: [branch] });
  return {
    failures,
    gate,
    unknowns,
    reconciler,
    submit,
    stream,
    answer: (firebaseUid: string, questionId: string, value: number): Promise<AnswerOutcome> => answers.answer(firebaseUid, questionId, value, viaTest),
    stop: async (): Promise<void> => {
      await stream.stop();
      await submit.stop();
    },
  };
}

export const secondPool = (url: string): Pool => createPool({ url, applicationName: "nod-test-2", maxConnections: 10, connectTimeoutMs: 60_000, lockTimeoutMs: 60_000, statementTimeoutMs: 60_000, idleInTransactionTimeoutMs: 60_000 });

const floorConfig = (changes: Partial<TradingConfig["guardrails"]> = {}, symbols: readonly string[] = ["SPY", "AAPL", "MSFT"]): TradingConfig => {
  const config = configWith(symbols.map((symbol, index) => dipRule({ id: `dip_${index}`, symbol })));
  return { ...config, guardrails: { ...config.guardrails, ...changes } };
};

/** An open market, money, a recent reconciliation, and fresh prices of 100 for every symbol. */
export async function openTheMarket(owner: Pool, symbols: readonly string[] = ["SPY", "AAPL", "MSFT"]): Promise<void> {
  await owner.query(
    `insert into market_sessions (market, is_open, trading_day, next_close, as_of)
     values ('us_equity', true, (now() at time zone 'America/New_York')::date, now() + interval '3 hours', now())
     on conflict (market) do update set is_open = true, next_close = excluded.next_close, as_of = now()`,
  );
  await owner.query(
    `insert into broker_accounts (id, buying_power, cash, equity, as_of, reconciled_at) values ('alpaca', 1000000, 1000000, 1000000, now(), now())
     on conflict (id) do update set buying_power = excluded.buying_power, as_of = now(), reconciled_at = now()`,
  );
  await setPrice(owner, symbols, "100");
}

/** Shares that can be traded, in fractions too. */
async function knowAssets(owner: Pool, symbols: readonly string[]): Promise<void> {
  await owner.query(
    `insert into assets (asset_class, symbol, is_tradable, is_fractionable, as_of) select 'us_equity', s, true, true, now() from unnest($1::text[]) as s
     on conflict (symbol, asset_class) do update set as_of = excluded.as_of`,
    [symbols],
  );
}

/** Also lets the broker's assets be known. */
export async function setPrice(owner: Pool, symbols: readonly string[], price: string, secondsAgo = 0): Promise<void> {
  await knowAssets(owner, symbols);
  await owner.query(
    `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of)
     select 'iex', 'us_equity', s, 'last_trade', $2::numeric, now() - make_interval(secs => $3) from unnest($1::text[]) as s
     on conflict (symbol, metric, feed, asset_class) do update set price = excluded.price, as_of = excluded.as_of`,
    [symbols, price, secondsAgo],
  );
}

export async function addTraders(owner: Pool, uids: readonly string[], guardrails: Partial<TradingConfig["guardrails"]> = {}, symbols?: readonly string[]): Promise<void> {
  await addUsers(owner, `t_${newUuid().replaceAll("-", "")}`, floorConfig(guardrails, symbols), uids);
}

export type QuestionChanges = {
  symbol?: string;
  side?: "buy" | "sell";
  notional?: string | null;
  ask?: { min: string; max: string };
  /** In shares instead of dollars; `notional` is then null. */
  qty?: string;
  /** Makes it a limit order. */
  limitPrice?: string;
  kind?: "swipe" | "numeric";
  correctAnswer?: number | null;
  ruleId?: string;
  expiresInSeconds?: number;
  createdSecondsAgo?: number;
  price?: string;
  mode?: "paper" | "live";
};

/** Asks a user, as the trading branch does, and returns the question's id. */
export async function ask(owner: Pool, firebaseUid: string, changes: QuestionChanges = {}): Promise<string> {
  const id = newUuid();
  const { symbol = "SPY", side = "buy", kind = "swipe", ruleId = `dip_${id.slice(0, 8)}`, expiresInSeconds = 300, createdSecondsAgo = 1, price = "100", mode = "paper" } = changes;
  const notional = changes.notional === undefined ? "10" : changes.notional;
  const metadata = {
    rule_id: ruleId,
    rule_type: "price_below_pct_of_ref",
    rule_text: "If it dips, ask.",
    symbol,
    asset_class: "us_equity",
    feed: "iex",
    price,
    price_as_of: new Date().toISOString(),
    ref_metric: "prev_close",
    ref: "102",
    pct: "-1.96",
    threshold_pct: -1.5,
    mode,
    order: {
      side,
      order_type: changes.limitPrice === undefined ? "market" : "limit",
      notional_usd: changes.qty === undefined ? notional : null,
      ...(changes.qty === undefined ? {} : { qty: changes.qty }),
      ...(changes.limitPrice === undefined ? {} : { limit_price: changes.limitPrice }),
      ...(changes.ask === undefined ? {} : { ask: changes.ask }),
    },
    max_staleness_seconds: 180,
    max_drift_bps: 50,
    config_revision: "1.1",
  };
  await owner.query(
    `with asked as (
       insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, created_at, expires_at)
       values ($1, $2, $3, $4, $5, 'trading', $6 || ':await_confirm', 'trading:rule:' || $6, $7, clock_timestamp() - make_interval(secs => $8), clock_timestamp() + make_interval(secs => $9))
     )
     insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase, question_id) values ($2, 'trading', $6, 'await_confirm', $1)
     on conflict (firebase_uid, pipeline_key, subject) do update set phase = 'await_confirm', question_id = excluded.question_id`,
    [id, firebaseUid, `Buy ${symbol}?`, kind, kind === "numeric" ? null : (changes.correctAnswer ?? 10), ruleId, JSON.stringify(metadata), createdSecondsAgo, expiresInSeconds],
  );
  return id;
}
