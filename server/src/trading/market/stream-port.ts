/** What the stream of market data is to trading: facts as they come, and the word on what is halted. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Fact } from "../ports.ts";
import type { HaltWord } from "./splits-table.ts";

export type StreamWish = { symbol: string; quoted: boolean };

export type DataStreamHandlers = {
  /** These are being sent from now on, and no others; by the broker's own confirmation. */
  onSubscribed(symbols: ReadonlySet<string>): void;
  /** Nothing is being sent any more. It comes back by itself, and `onSubscribed` says so. Never twice in a row. */
  onDown(reason: string): void;
  onFacts(facts: readonly Fact[]): void;
  onHalt(word: HaltWord): void;
};

export type DataStream = {
  /** Replaces what is wanted, the most important first: what is beyond the plan's limit is left out at the end. */
  want(wishes: readonly StreamWish[]): void;
  stop(): Promise<void>;
};

export type DataStreamPort = { readonly feed: Feed; readonly assetClass: AssetClass; start(handlers: DataStreamHandlers): DataStream };
