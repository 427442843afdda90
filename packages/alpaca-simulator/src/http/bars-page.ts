import { Refusal } from "../book/refusal.ts";
import { parseTimeframe, wireBar, type Bar, type Timeframe, type WireBar } from "../market/bars.ts";
import { newYorkDate, newYorkInstant } from "../time/new-york.ts";
import type { Question } from "./dispatch.ts";

/** The market-data host's 400: words without a code. */
export const badRequest = (message: string): Refusal => new Refusal(400, undefined, message);

const MAX_BARS = 10_000;
const DEFAULT_BARS = 1000;

/** What a request for bars asks. */
export type BarsQuery = { timeframe: Timeframe; startMs: number; endMs: number; limit: number; descending: boolean; token: { symbol: string; t: number } | undefined };

/** Reads `timeframe`, `start`, `end`, `limit`, `sort` and `page_token`; throws a 400. */
export function barsQuery(call: Question, nowMs: number): BarsQuery {
  const { query } = call;
  const timeframe = parseTimeframe(query.get("timeframe") ?? "");
  if (timeframe === undefined) throw badRequest(`invalid timeframe: ${query.get("timeframe") ?? ""}`);
  const limit = Number(query.get("limit") ?? DEFAULT_BARS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_BARS) throw badRequest(`invalid limit: must be between 1 and ${MAX_BARS}`);
  const sort = query.get("sort") ?? "asc";
  if (sort !== "asc" && sort !== "desc") throw badRequest(`invalid sort: ${sort}`);
  return {
    timeframe,
    startMs: instant(query, "start") ?? newYorkInstant(newYorkDate(nowMs), "00:00"),
    endMs: Math.min(instant(query, "end") ?? nowMs, nowMs),
    limit,
    descending: sort === "desc",
    token: readPageToken(query.get("page_token")),
  };
}

/** RFC 3339, or a date, which is New York's midnight. */
function instant(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? newYorkInstant(text, "00:00") : Date.parse(text);
  if (Number.isNaN(ms)) throw badRequest(`invalid ${name}: ${text}`);
  return ms;
}

function readPageToken(text: string | null): BarsQuery["token"] {
  if (text === null || text === "") return undefined;
  const [symbol, t] = Buffer.from(text, "base64url").toString("utf8").split("|");
  if (symbol === undefined || t === undefined || !Number.isSafeInteger(Number(t))) throw badRequest("invalid page token");
  return { symbol, t: Number(t) };
}

export type BarsPage = { bars: Record<string, WireBar[]>; next_page_token: string | null };

/** Bars of many symbols, sorted by symbol and then time; `limit` counts across symbols. */
export function pageOfBars(symbols: readonly string[], query: BarsQuery, read: (symbol: string) => Bar[]): BarsPage {
  const bars: Record<string, WireBar[]> = {};
  let left = query.limit;
  for (const symbol of [...symbols].sort()) {
    if (query.token !== undefined && symbol < query.token.symbol) continue;
    const ordered = query.descending ? read(symbol).reverse() : read(symbol);
    const start = query.token?.symbol === symbol ? ordered.findIndex((bar) => bar.t === query.token?.t) + 1 : 0;
    const rest = ordered.slice(start);
    if (rest.length === 0) continue;
    const last = rest[left - 1];
    if (left > 0) bars[symbol] = rest.slice(0, left).map(wireBar);
    if (rest.length > left) {
      const [tokenSymbol, t] = last === undefined ? lastOf(bars) : [symbol, last.t];
      return { bars, next_page_token: Buffer.from(`${tokenSymbol}|${t}`).toString("base64url") };
    }
    left -= rest.length;
  }
  return { bars, next_page_token: null };
}

function lastOf(bars: Readonly<Record<string, readonly WireBar[]>>): [string, number] {
  const [symbol, last] = Object.entries(bars).at(-1) ?? ["", []];
  return [symbol, Date.parse(last.at(-1)?.t ?? "")];
}
