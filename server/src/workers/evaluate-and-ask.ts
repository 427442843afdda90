/** The tick's second half: what changed is taken in, the rules that it concerns are looked at, and who is concerned is asked. */
import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { AssetClass } from "@nod/contract/primitives";
import type { Pool } from "../db/pool.ts";
import { askFirings, type AskFence, type FiringsAsked } from "../pipeline/ask.ts";
import type { AnyFiring } from "../pipeline/ask-trading.ts";
import type { CompiledConfigs } from "../trading/config/compiled-configs.ts";
import { createFactBook, type MarketKey } from "../trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince } from "../trading/market/facts-table.ts";
import { readSessions, type MarketSessions } from "../trading/market/session-table.ts";
import { readSuspended } from "../trading/market/splits-table.ts";
import { readProposalContexts } from "../trading/portfolio/proposal-context-table.ts";
import { nameOfView, readUserViews } from "../trading/portfolio/user-views-table.ts";
import type { ConditionFiring } from "../trading/rules/condition-group.ts";
import { sharedRuleOf } from "../trading/rules/compiled-rule.ts";
import { digestOfSource, readGates, saveGates, type KeptGate } from "../trading/rules/gates-table.ts";
import { outsideQuietHours } from "../trading/rules/restraint.ts";
import type { UserView } from "../trading/rules/user-view.ts";
import { createConditionFeed } from "./condition-feed.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { TickObserver, TickReport } from "./tick-observer.ts";

export type EvaluationOutcome = Pick<TickReport, "evaluateMs" | "askMs" | "changedMarkets" | "unknown" | "stale" | "quiet" | "fired" | "asked"> & { evaluatedAt: Date | null };
export const notEvaluated: EvaluationOutcome = { evaluateMs: 0, askMs: 0, changedMarkets: 0, unknown: 0, stale: 0, quiet: 0, fired: 0, asked: 0, evaluatedAt: null };

/** What one leadership has seen of the market, and what it has yet to evaluate. What a run that failed would have evaluated is kept for the next. */
export type Evaluation = {
  /** Rules that are new or changed. */
  lookAt(freshSlots: Iterable<number>): void;
  run(fence: AskFence, watch: Stopwatch): Promise<EvaluationOutcome>;
};

/** @param onAsked told of some of those asked, by name, after the commit; must not throw */
export function createEvaluation(pool: Pool, configs: CompiledConfigs, onAsked: TickObserver["questionsAsked"] = () => undefined): Evaluation {
  const book = createFactBook();
  const feed = createConditionFeed(pool);
  const changed = new Set<MarketKey>();
  const freshSlots = new Set<number>();
  const unrestored = new Set<number>();
  /** Conditions that fired and were not asked about since the ask failed: their moment does not come again. */
  let pending: ConditionFiring[] = [];
  let watermark = beforeAllFacts;
  let before: MarketSessions | null = null;

  const restoreGates = async (): Promise<void> => {
    const owners = [...unrestored].flatMap((slot) => {
      const owner = configs.rules.conditions.ownerOf(slot);
      return owner === null ? [] : [{ slot, ...owner }];
    });
    const kept = new Map((await readGates(pool, [...new Set(owners.map(({ firebaseUid }) => firebaseUid))])).map((gate) => [`${gate.firebaseUid} ${gate.ruleId}`, gate]));
    for (const { slot, firebaseUid, rule } of owners) {
      const found = kept.get(`${firebaseUid} ${rule.rule.id}`);
      if (found?.source === digestOfSource(rule.key)) configs.rules.conditions.restoreGate(slot, found.gate);
    }
    unrestored.clear();
  };

  const readUsers = async (sessions: MarketSessions): Promise<(firebaseUid: string, symbol: string) => UserView | null> => {
    const asked = new Map([...configs.rules.conditions.readers()].map(({ firebaseUid, rule: { feed: of, assetClass, rule } }) => [nameOfView(firebaseUid, rule.symbol), { firebaseUid, feed: of, assetClass, symbol: rule.symbol }]));
    const views = await readUserViews(pool, [...asked.values()], sessions);
    return (firebaseUid, symbol) => views.get(nameOfView(firebaseUid, symbol)) ?? null;
  };

  const ask = async (firings: readonly AnyFiring[], fence: AskFence, group: string): Promise<number> => {
    const contextOf = await readProposalContexts(pool, firings);
    const asked = new Set<AnyFiring>();
    const committed = ({ at, asked: places, cooling, named }: FiringsAsked): void => {
      onAsked(named.flatMap(({ recipient, questionId: id }) => {
        const rule = firings[recipient]?.rule.rule;
        return rule === undefined ? [] : [{ id, ruleId: rule.id, symbol: rule.symbol }];
      }));
      for (const place of places) {
        const firing = firings[place];
        if (firing === undefined) continue;
        asked.add(firing);
        if (at !== null) configs.rules.quieten(firing.slot, at.getTime() + sharedRuleOf(firing.rule).cooldown_seconds * 1_000);
      }
      for (const { recipient, untilMs } of cooling) configs.rules.quieten(firings[recipient]?.slot ?? -1, untilMs);
    };
    try {
      await askFirings(pool, firings, { fence, group, contextOf, committed, asked: (tx, some) => saveGates(tx, gatesOf(configs, some)) });
    } finally {
      pending = pending.filter((firing) => !asked.has(firing));
    }
    for (const firing of firings) if (!asked.has(firing) && "key" in firing.rule) configs.rules.conditions.takeBack(firing.slot);
    return asked.size;
  };

  return {
    lookAt(slots) {
      for (const slot of slots) {
        freshSlots.add(slot);
        if (configs.rules.conditions.ownerOf(slot) !== null) unrestored.add(slot);
      }
    },
    async run(fence, watch) {
      await restoreGates();
      const [sessions, read] = await Promise.all([readSessions(pool), readFactsChangedSince(pool, watermark)]);
      for (const key of book.absorb(read.facts)) changed.add(key);
      watermark = read.watermark;
      for (const key of openedMarkets(before, sessions, configs)) changed.add(key);
      before = sessions;
      const suspended = await readSuspended(pool, sessions.us_equity.tradingDay ?? sessions.newYorkDate);
      for (const key of book.suspend(suspended)) changed.add(key);
      for (const key of await feed.feed(configs.rules.conditions, book, sessions, suspended, changed)) changed.add(key);
      const users = await readUsers(sessions);

      const found = await inTurns(configs.rules.evaluateInStretches(book, sessions, changed, freshSlots, users));
      const waiting = new Set(pending.map(({ slot }) => slot));
      pending = [...pending.filter((firing) => configs.rules.conditions.ownerOf(firing.slot)?.rule === firing.rule), ...found.conditionFirings.filter(({ slot }) => !waiting.has(slot))];
      const fired: AnyFiring[] = pending.length === 0 ? found.firings : [...found.firings, ...pending];
      const firings = outsideQuietHours(fired, sessions.now);
      const evaluateMs = watch.lap();
      const asked = await ask(firings, fence, sessions.now.toISOString());
      const toBeAsked = new Set(firings);
      for (const firing of pending) if (!toBeAsked.has(firing)) configs.rules.conditions.takeBack(firing.slot);
      pending = [];
      changed.clear();
      freshSlots.clear();
      const { markets, unknown, stale, quiet } = found;
      return { evaluateMs, askMs: watch.lap(), changedMarkets: markets, unknown, stale, quiet, fired: fired.length, asked, evaluatedAt: sessions.now };
    },
  };
}

/** Others have theirs between two stretches. */
async function inTurns<Result>(stretches: Generator<undefined, Result, undefined>): Promise<Result> {
  for (;;) {
    const { done, value } = stretches.next();
    if (done === true) return value;
    await yieldToOthers();
  }
}

function gatesOf(configs: CompiledConfigs, firings: readonly AnyFiring[]): KeptGate[] {
  return firings.flatMap(({ slot, firebaseUid, rule }): KeptGate[] => {
    const gate = "key" in rule ? configs.rules.conditions.gateOf(slot) : null;
    return gate === null || !("key" in rule) ? [] : [{ firebaseUid, ruleId: rule.rule.id, source: digestOfSource(rule.key), gate }];
  });
}

/** A market that opens makes known what was unknown, without any fact changing. */
function openedMarkets(before: MarketSessions | null, now: MarketSessions, configs: CompiledConfigs): MarketKey[] {
  const classes: AssetClass[] = ["us_equity", "crypto"];
  return classes
    .filter((assetClass) => before?.[assetClass].state !== now[assetClass].state || before[assetClass].tradingDay !== now[assetClass].tradingDay)
    .flatMap((assetClass) => configs.rules.keysOf(assetClass));
}
