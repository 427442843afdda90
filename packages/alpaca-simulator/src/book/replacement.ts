import { Decimal, readDecimal } from "../money.ts";
import type { StoredOrder, WireOrder } from "./records.ts";
import { forbidden, invalid, unprocessable } from "./refusal.ts";

/**
 * What a PATCH changes on an open order. Throws a `Refusal` when the order cannot be replaced
 * (not routed yet, already over, by dollars) or the changes make no sense.
 */
export function readReplacement(body: Readonly<Record<string, unknown>>, old: StoredOrder): Partial<WireOrder> {
  if (old.wire.status !== "new" && old.wire.status !== "partially_filled") {
    throw unprocessable("unable to replace order, order isn't sent to exchange yet");
  }
  if (old.wire.notional !== null) throw unprocessable("notional orders cannot be replaced");
  const changes: Partial<WireOrder> = {};
  for (const name of ["qty", "limit_price", "stop_price"] as const) {
    if (body[name] === undefined || body[name] === null) continue;
    const value = readDecimal(body[name]);
    if (value === undefined || value.lessThanOrEqualTo(0)) throw invalid(`${name} must be > 0`);
    if (name !== "qty" && old.wire[name] === null) throw invalid(`${old.wire.type} orders must not have a ${name.replace("_", " ")}`);
    changes[name] = value.toString();
  }
  if (typeof changes.qty === "string" && new Decimal(old.wire.filled_qty).greaterThanOrEqualTo(changes.qty)) {
    throw forbidden("qty must be greater than the filled qty");
  }
  if (body["time_in_force"] === "day" || body["time_in_force"] === "gtc") changes.time_in_force = body["time_in_force"];
  return changes;
}
