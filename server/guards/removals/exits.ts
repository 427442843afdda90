/** Law 5: what lets exits and cancels through. */
import type { Proof, Removal } from "../removal.ts";

const decide: [Proof] = [{ file: "server/src/trading/risk/decide.test.ts", named: "a sell" }];
const risk = (file: string): string => `server/src/trading/risk/${file}-guardrails.ts`;

const budget: [Proof] = [{ file: "server/src/alpaca/request-budget.test.ts" }];
const many = (named: string): [Proof] => [{ file: "server/test/trading/submit-many.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 5 }, file, find, replace, tests });
/** The same guardrail without its first condition, which lets an exit pass. */
const stops = (what: string, file: string, condition: string, rest: string): Removal => law(`An exit is stopped by ${what}`, risk(file), `if (${condition} || ${rest}`, `if (${rest}`, decide);
const stopsAfter = (what: string, file: string, find: string, replace: string): Removal => law(`An exit is stopped by ${what}`, risk(file), find, replace, decide);

export const exits: readonly Removal[] = [
  law("No order is taken for an exit", "server/src/trading/risk/size.ts", 'intent.side === "sell";', 'intent.side === "sell" && intent.side !== intent.side;', decide),
  stopsAfter("a kill switch", "permission", "if (active === null || isExit(intent)) return null;", "if (active === null) return null;"),
  stops("a watchlist that the symbol was taken from", "permission", "isExit(intent)", "context.user?.watchlist"),
  stops("the blocklist", "permission", "isExit(intent)", "context.user?.guardrails.symbols_blocklist"),
  stops("an asset that is not known", "asset", "isExit(intent)", "(asset !== null"),
  stops("an asset that is not traded any more", "asset", "isExit(intent)", "context.asset?.isTradable"),
  stops("an asset that is not traded in fractions any more", "asset", "isExit(intent)", "context.asset?.isFractionable"),
  stops("the smallest order of a coin", "asset", "isExit(intent)", "smallest === null"),
  stops("the largest number of shares", "exposure", "isExit(intent)", "limit === undefined || qty === null"),
  stopsAfter("the largest position", "exposure", "if (isExit(intent) || limit === undefined) return null;\n  const holding", "if (limit === undefined) return null;\n  const holding"),
  stopsAfter("the largest exposure", "exposure", "if (isExit(intent) || limit === undefined) return null;\n  const before", "if (limit === undefined) return null;\n  const before"),
  stopsAfter("the day's loss", "exposure", "if (isExit(intent) || limit === undefined) return null;\n  const result", "if (limit === undefined) return null;\n  const result"),
  stops("the open orders", "exposure", "isExit(intent)", "context.openOrders < limit"),
  stops("the orders of a minute", "exposure", "isExit(intent)", "context.ordersLastMinute < limit"),
  stops("the symbol's cooldown", "exposure", "isExit(intent)", "cooldown === 0"),
  stops("the window of the same wish", "exposure", "isExit(intent)", "window === 0"),
  stops("the orders of a day", "size", "isExit(intent)", "context.ordersToday < limit"),
  stops("the smallest order", "size", "isExit(intent)", "(of.size !== null"),
  stops("the largest order", "size", "isExit(intent)", "own === undefined"),
  stops("the dollars of four hours", "size", "isExit(of.intent)", "!exceeds(add(used"),
  stopsAfter("the operator's caps", "size", "if (isExit(intent)) return null;", ""),
  stops("a buying power that is not known", "size", "isExit(intent)", "(account !== null"),
  stops("a buying power that is used up", "size", "isExit(intent)", "account === null"),
  law("Nobody is asked about selling while he is halted", "server/src/pipeline/ask-statement.ts", "and (s.reduces_risk or not exists (select from kill_switches k where k.scope = 'user' and k.firebase_uid = r.firebase_uid))", "and not exists (select from kill_switches k where k.scope = 'user' and k.firebase_uid = r.firebase_uid)", [{ file: "server/test/pipeline/ask.test.ts", named: "nobody whose kill switch is on, except about selling" }]),
  law("Nobody is asked about selling while everyone is halted", "server/src/pipeline/ask-statement.ts", "and (s.reduces_risk or not exists (select from kill_switches k where k.scope = 'all'))", "and not exists (select from kill_switches k where k.scope = 'all')", [{ file: "server/test/pipeline/ask.test.ts", named: "nobody while the operator's is, except about selling" }]),
  law("A sell that was placed under a halt is taken back", "server/src/trading/orders/claims-table.ts", "and (w.side = 'buy' or w.created_at < k.set_at)", "", [{ file: "server/test/trading/submit.test.ts", named: "lets a position be reduced" }]),
  law("An exit of a kill switch is judged like an order that somebody approved", "server/src/workers/claim-orders.ts", "gateIsOpen ? exitDenialBeforeSending({ intent", "gateIsOpen ? denialBeforeSending({ intent, context, settings }) ?? exitDenialBeforeSending({ intent", [{ file: "server/test/trading/flatten.test.ts", named: "its exits pass the guardrails before the POST although the price is old, and are sent" }]),
  law("A cancel waits behind orders", "server/src/alpaca/request-budget.ts", "{ cancel: 2, exit: 2,", "{ cancel: 1, exit: 2,", budget),
  law("An exit's call waits behind those of other orders", "server/src/alpaca/request-budget.ts", "exit: 2, order: 1,", "exit: 1, order: 1,", budget),
  law("Orders may use all of the broker's rate", "server/src/alpaca/request-budget.ts", "const exitShare = 0.1;", "const exitShare = 0;", budget),
  law("An exit is taken up after approvals that are older", "server/src/trading/orders/claims-table.ts", "order by o.side desc, o.created_at", "order by o.created_at", many("exits go out before approvals that have waited for longer")),
  law("Approvals under way hold up exits", "server/src/workers/submit.ts", "Math.min(slots + limits.exitPosts, of.room.exits)", "Math.min(slots, of.room.exits)", many("approvals that the broker is slow to answer hold up none of four exits; more exits wait")),
  law("Where there is no room for approvals there is none for exits", "server/src/workers/submit.ts", 'if (exits > 0) passes.push({ scope: "exits", limit: exits, maySend: true });', "", many("the part of the broker's rate that is kept for exits is spent on nothing else")),
  law("Reads use up what is left for orders and cancels", "server/src/alpaca/request-budget.ts", "const readShare = 0.8;", "const readShare = 1;", budget),
];
