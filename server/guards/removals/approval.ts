/** What an approval is good for: what was shown, and until it is taken back. */
import type { Proof, Removal } from "../removal.ts";

const shown = (named: string): [Proof] => [{ file: "server/test/pipeline/bound-to-what-was-shown.test.ts", named }];
const undo = (named: string): [Proof] => [{ file: "server/test/trading/undo.test.ts", named }];

const bound = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { promise: "bound" }, file, find, replace, tests });
const takenBack = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { promise: "undo" }, file, find, replace, tests });

const revise = "server/src/pipeline/revise.ts";
const context = "server/src/trading/risk/risk-context-table.ts";

export const approvals: readonly Removal[] = [
  bound("A card of before the rule asked anew counts", context, "newerQuestionId: row.newer_question_id", "newerQuestionId: null", shown("a card whose rule has asked anew is superseded by the newer one, which stays open")),
  bound("What was sold since the question is not seen", context, "hasSold: row.has_sold", "hasSold: false", shown("is asked about anew")),
  bound("What was sold of another symbol changes the position", context, "f.symbol = q.symbol and f.side = 'sell'", "f.side = 'sell'", shown("is no matter either where it was sold of another symbol")),
  bound("What was bought since changes the position", context, "f.side = 'sell' and f.recorded_at > q.created_at", "f.recorded_at > q.created_at", shown("is no matter to a purchase, nor a purchase to a sale")),
  bound("What was sold before the question changes the position", context, "f.side = 'sell' and f.recorded_at > q.created_at", "f.side = 'sell' and q.created_at is not null", shown("before the question is no matter")),
  bound("A card whose price has moved stays approved", revise, '  price_drift_exceeded: "revised",\n', "", shown("makes no order; the card is superseded on every device, and a revised one asks with both prices")),
  bound("A card whose position has changed stays approved", revise, '  position_changed: "revised",\n', "", shown("is asked about anew")),
  bound("A card whose facts have gone stale stays approved", revise, '  market_data_stale: "withdrawn",\n', "", shown("the card is withdrawn and nothing is ordered")),
  bound("A card of a session that has closed stays approved", revise, '  market_closed: "withdrawn",\n', "", shown("the card is withdrawn and nothing is ordered")),
  bound("A card of a session that is not known stays approved", revise, '  market_session_unknown: "withdrawn",\n', "", shown("the card is withdrawn and nothing is ordered")),
  bound("A card whose price is lost stays approved", revise, '  market_data_missing: "withdrawn",\n', "", shown("the card is withdrawn and nothing is ordered")),
  bound("An older card of the rule stays approved", revise, '  question_superseded: "superseded",\n', "", shown("a card whose rule has asked anew is superseded by the newer one, which stays open")),
  bound("It is asked anew although the rule no longer holds", revise, "if (!stillHolds(metadata.rule_type, threshold, pct)) return null;", "", shown("is not asked about anew when")),
  bound("It is asked anew although the config has changed", revise, "context.asked.configRevision !== metadata.config_revision", 'metadata.config_revision === ""', shown("is not asked about anew when")),
  bound("It is asked anew although an order would be denied even so", revise, "if (approved === null) return null;", "", shown("is not asked about anew when")),
  bound("A position that is gone is approved", revise, 'if ((decision.code === "insufficient_position" || decision.code === "short_sale_blocked") && context.asked.hasSold) return "withdrawn";', "", shown("is not asked about when all of it is gone")),

  takenBack("There is no time to take anything back", "server/src/trading/orders/place-order.ts", "return until > at.getTime() ? new Date(until) : null;", "return until > Infinity ? new Date(until) : null;", undo("an approval that is taken back in time is never sent, and every device and the log are told")),
  takenBack("An order is sent while it can still be taken back", "server/src/trading/orders/claims-table.ts", "and (o.next_submit_at is null or o.next_submit_at <= clock_timestamp())", "", undo("an approval that is not taken back goes out when its time is over, without being polled for")),
  takenBack("An order can be taken back when its time is over", "server/src/trading/orders/orders-table.ts", " and o.undo_until > clock_timestamp()", "", undo("with 0 it goes out at once, and cannot be taken back")),
  takenBack("An order can be taken back after it was sent", "server/src/trading/orders/orders-table.ts", "and o.status = 'pending_submit' and o.undo_until", "and o.undo_until", undo("an order that is being sent cannot be taken back, whatever time is left")),
  takenBack("The time to take an order back outlasts its approval", "server/src/trading/orders/place-order.ts", "Math.min(at.getTime() + undoSeconds * 1_000, approvalExpiresAt.getTime() - leftToSendMs)", "at.getTime() + undoSeconds * 1_000 + approvalExpiresAt.getTime() * 0 * leftToSendMs", undo("the time to take it back is never longer than the approval is valid")),
  takenBack("What was taken back is sent", "server/src/trading/orders/order-state.ts", 'case "taken_back":\n      return from(state, event, ["pending_submit"], "not_placed", event.reason);', 'case "taken_back":\n      return from(state, event, ["pending_submit"], "pending_submit", event.reason);', undo("an approval that is taken back in time is never sent, and every device and the log are told")),
  takenBack("What was taken back is told to nobody", "server/src/trading/orders/settle-order.ts", "await announce(tx, [saved], [eventOf(saved", "await announceOrders(tx, [], [eventOf(saved", undo("an approval that is taken back in time is never sent, and every device and the log are told")),
  takenBack("An exit can be taken back", "server/src/trading/risk/decide.ts", "tradingDay: context.session.tradingDay, undoSeconds: 0 } as Approved", "tradingDay: context.session.tradingDay, undoSeconds: 60 } as Approved", [{ file: "server/src/trading/risk/exit-guardrails.test.ts" }]),
];
