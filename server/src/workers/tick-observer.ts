import type { ConfigProblem } from "../trading/config/compiled-configs.ts";
import type { FeedGroup } from "../trading/config/due-inputs.ts";

/** What one tick did; times in milliseconds. */
export type TickReport = {
  refreshMs: number;
  ingestMs: number;
  evaluateMs: number;
  askMs: number;
  totalMs: number;
  changedUsers: number;
  /** Symbols, each on its feed, with rules on them, about which something was new. */
  changedMarkets: number;
  /** (symbol, reference) pairs that could not be told for want of fresh facts or an open market. */
  unknown: number;
  stale: number;
  quiet: number;
  fired: number;
  asked: number;
};

export type FetchReport = { group: FeedGroup; symbols: number; facts: number; recorded: number; tookMs: number };

export type NamedQuestion = { id: string; ruleId: string; symbol: string };

/** For metrics and logs: told of what happens, asked nothing. Must not throw. */
export type TickObserver = {
  tickFinished(report: TickReport): void;
  /** Some of those that were just asked, by name: a bounded number, however many there are. */
  questionsAsked(questions: readonly NamedQuestion[]): void;
  tickFailed(error: unknown): void;
  fetchFinished(report: FetchReport): void;
  /** `failures` counts in a row; the group's next attempt waits for `retryInMs`, the other groups do not. */
  fetchFailed(failure: { group: FeedGroup; error: unknown; failures: number; retryInMs: number }): void;
  /** `lease`: its name in the table, one for each shard where there are several. */
  leaseChanged(isLeader: boolean, lease: string): void;
  configProblem(problem: ConfigProblem): void;
};
