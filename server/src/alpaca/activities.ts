import { price, quantity } from "../core/decimal.ts";
import type { AmendmentActivity, FillActivity } from "../trading/ports.ts";
import { NonsenseError } from "./order-mapping.ts";

/** `id` is the page token of the row. */
export type ActivityRow = { id: string; activity: FillActivity | AmendmentActivity };

/** Reads a page of FILL activities as it is on the wire. @throws NonsenseError, NotADecimalError */
export function readActivities(body: unknown): ActivityRow[] {
  if (!Array.isArray(body)) throw new NonsenseError("the broker's activities are not a list");
  return body.map(readActivity);
}

/**
 * The older activities say `type`, `fill` or `partial_fill`; the newer ones `execution_type`, which is also `trade_bust` or
 * `trade_correct`, and then name what they are about as `previous_id`. Either is understood.
 */
function readActivity(row: unknown): ActivityRow {
  if (typeof row !== "object" || row === null) throw new NonsenseError("an activity is not an object");
  const fields = new Map(Object.entries(row));
  const text = (key: string): string | null => {
    const value: unknown = fields.get(key);
    return typeof value === "string" && value !== "" ? value : null;
  };
  const needed = (key: string): string => {
    const value = text(key);
    if (value === null) throw new NonsenseError(`an activity lacks its ${key}`);
    return value;
  };
  const id = needed("id");
  const executedAt = new Date(needed("transaction_time"));
  if (Number.isNaN(executedAt.getTime())) throw new NonsenseError("an activity has no time");
  const told = {
    // "20220202135509981::<execution id>": the part after the colons is what the stream calls execution_id.
    executionId: id.split("::").at(-1) ?? id,
    executedAt,
    alpacaOrderId: needed("order_id"),
    symbol: needed("symbol"),
    side: needed("side") === "buy" ? ("buy" as const) : ("sell" as const),
  };
  const kinds = [text("type"), text("execution_type")];
  const kind = kinds.find((each) => each === "trade_bust" || each === "trade_correct");
  const previousExecutionId = text("previous_id") ?? text("previous_execution_id");
  if (kind === "trade_bust") return { id, activity: { ...told, kind, previousExecutionId, was: amountsOf(text("qty"), text("price")) } };
  const amounts = { qty: quantity(needed("qty")), price: price(needed("price")) };
  return { id, activity: kind === "trade_correct" ? { ...told, kind, previousExecutionId, ...amounts } : { ...told, ...amounts, completes: kinds.includes("fill") } };
}

const amountsOf = (qty: string | null, at: string | null) => (qty === null || at === null ? null : { qty: quantity(qty), price: price(at) });
