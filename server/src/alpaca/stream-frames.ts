import type { AssetClass, Feed } from "@nod/contract/primitives";
import { price, quantity } from "../core/decimal.ts";
import type { HaltWord } from "../trading/market/splits-table.ts";
import type { Fact, FactMetric } from "../trading/ports.ts";

/** What one frame of the market-data stream says. `nothing`: of a kind that we did not ask for, or nonsense. */
export type StreamFrame =
  | { kind: "connected" | "authenticated" | "nothing" }
  | { kind: "error"; code: number; message: string }
  | { kind: "subscription"; trades: ReadonlySet<string>; quotes: ReadonlySet<string>; statuses: ReadonlySet<string> }
  | { kind: "facts"; facts: Fact[] }
  | { kind: "halt"; word: HaltWord };

type Source = { feed: Feed; assetClass: AssetClass };

/** Tape A and B name a halt and its end 2 and 3; tape C H (and P, a pause for volatility) and T. Other codes say neither. */
const haltCodes: ReadonlySet<string> = new Set(["2", "H", "P"]);
const resumptionCodes: ReadonlySet<string> = new Set(["3", "T"]);

const nothing: StreamFrame = { kind: "nothing" };

/** The frames of one message, which is a JSON list. Null when it is none. */
export function readFrames(text: string, source: Source): StreamFrame[] | null {
  try {
    const message: unknown = JSON.parse(text);
    return Array.isArray(message) ? message.map((frame: unknown) => readFrame(frame, source)) : null;
  } catch {
    return null;
  }
}

type Fields = ReadonlyMap<string, unknown>;

function readFrame(frame: unknown, source: Source): StreamFrame {
  if (typeof frame !== "object" || frame === null) return nothing;
  const fields: Fields = new Map(Object.entries(frame));
  switch (fields.get("T")) {
    case "t":
      return factsOf(fields, source, [["last_trade", "p", "s"]]);
    case "q":
      return factsOf(fields, source, [["bid", "bp", "bs"], ["ask", "ap", "as"]]);
    case "s":
      return haltOf(fields, source);
    case "success":
      return fields.get("msg") === "connected" ? { kind: "connected" } : fields.get("msg") === "authenticated" ? { kind: "authenticated" } : nothing;
    case "subscription":
      return { kind: "subscription", trades: symbolsIn(fields, "trades"), quotes: symbolsIn(fields, "quotes"), statuses: symbolsIn(fields, "statuses") };
    case "error":
      return { kind: "error", code: Number(fields.get("code")), message: String(fields.get("msg")).slice(0, 200) };
    default:
      return nothing;
  }
}

function symbolsIn(fields: Fields, channel: string): ReadonlySet<string> {
  const symbols = fields.get(channel);
  return new Set(Array.isArray(symbols) ? symbols.filter((symbol) => typeof symbol === "string") : []);
}

function stampOf(fields: Fields): Date | null {
  const text = fields.get("t");
  const at = typeof text === "string" ? new Date(text) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}

/** A side that nobody quotes has the price 0, which is no fact. */
function factsOf(fields: Fields, source: Source, parts: readonly (readonly [metric: FactMetric, price: string, size: string])[]): StreamFrame {
  const symbol = fields.get("S");
  const asOf = stampOf(fields);
  if (typeof symbol !== "string" || asOf === null) return nothing;
  const facts: Fact[] = [];
  for (const [metric, priceKey, sizeKey] of parts) {
    const [value, size] = [fields.get(priceKey), fields.get(sizeKey)];
    if (typeof value !== "number" || !(value > 0)) continue;
    try {
      facts.push({ ...source, symbol, metric, price: price(value), volume: typeof size === "number" && size >= 0 ? quantity(size) : null, asOf, tradingDay: null });
    } catch {
      return nothing;
    }
  }
  return { kind: "facts", facts };
}

function haltOf(fields: Fields, { assetClass }: Source): StreamFrame {
  const symbol = fields.get("S");
  const asOf = stampOf(fields);
  const code = String(fields.get("sc"));
  if (typeof symbol !== "string" || asOf === null || !(haltCodes.has(code) || resumptionCodes.has(code))) return nothing;
  return { kind: "halt", word: { assetClass, symbol, isHalted: haltCodes.has(code), asOf } };
}
