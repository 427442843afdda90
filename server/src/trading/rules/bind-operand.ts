import type { AccountField, ClockField, FactName, Operand } from "@nod/contract/rule-language";
import { bindArithmetic } from "./arithmetic.ts";
import { bindBar, bindIndicator } from "./bind-bars.ts";
import { bindChange } from "./bind-change.ts";
import { bindPosition } from "./bind-position.ts";
import { createTeller, type BoundOperand, type Look } from "./bound-operand.ts";
import { dividedBy, exactly, fractionOf, minus, plus, times } from "./fraction.ts";
import { leaf, storedFact } from "./leaf.ts";
import { whyFact, type SymbolView } from "./symbol-view.ts";
import type { Amount } from "./user-view.ts";

/** What has been bound for a view already: thousands of rules read the same few values, and what is shared stays at hand. */
const boundBefore = new WeakMap<SymbolView, Map<string, BoundOperand>>();

/** Ties an operand to the symbol and the look that it reads from. What does not read the user's own is shared by all programs of the view. */
export function bindOperand(operand: Operand, look: Look): BoundOperand {
  if (typeof operand === "number") return constant(operand);
  const text = JSON.stringify(operand);
  if (readsUser(text)) return bindAlone(operand, look);
  const known = boundBefore.get(look.view) ?? new Map<string, BoundOperand>();
  boundBefore.set(look.view, known);
  const name = `${look.maxAgeMs} ${text}`;
  const bound = known.get(name) ?? bindAlone(operand, look);
  known.set(name, bound);
  return bound;
}

const readsUser = (text: string): boolean => /"(?:position|account|entry|peak)"/.test(text);

function bindAlone(operand: Exclude<Operand, number>, look: Look): BoundOperand {
  if (typeof operand === "string") return bindFact(operand, look);
  if ("bar" in operand) return bindBar(operand, look);
  if ("indicator" in operand) return bindIndicator(operand, look);
  if ("position" in operand) return bindPosition(operand.position, look);
  if ("account" in operand) return bindAccount(operand.account, look);
  if ("clock" in operand) return bindClock(operand.clock, look);
  if ("change" in operand) return bindChange(operand.change, operand.from, look);
  if ("+" in operand) return bindArithmetic("+", operand["+"].map((each) => bindOperand(each, look)));
  if ("-" in operand) return bindArithmetic("-", operand["-"].map((each) => bindOperand(each, look)));
  if ("*" in operand) return bindArithmetic("*", operand["*"].map((each) => bindOperand(each, look)));
  return bindArithmetic("/", operand["/"].map((each) => bindOperand(each, look)));
}

function constant(value: number): BoundOperand {
  return { ...leaf(String(value), () => value, () => value, () => ""), constant: value, tell: () => undefined };
}

function bindFact(name: FactName, { view, maxAgeMs }: Look): BoundOperand {
  switch (name) {
    case "mid":
    case "spread_bps":
      return bindQuote(name, { view, maxAgeMs });
    case "age_seconds": {
      const last = view.fact("last");
      const read = (): number => (view.session === null ? Number.NaN : (view.nowMs - last.asOfMs) / 1_000);
      return leaf(name, read, read, () => whyFact(view, last, Number.POSITIVE_INFINITY) ?? "");
    }
    default:
      return storedFact(name, view, maxAgeMs);
  }
}

function bindQuote(name: "mid" | "spread_bps", { view, maxAgeMs }: Pick<Look, "view" | "maxAgeMs">): BoundOperand {
  const bid = storedFact("bid", view, maxAgeMs);
  const ask = storedFact("ask", view, maxAgeMs);
  const two = fractionOf(2);
  const inBps = fractionOf(20_000);
  const tellNumber = createTeller(name);
  const read = name === "mid" ? () => (bid.read() + ask.read()) / 2 : () => ((ask.read() - bid.read()) / (ask.read() + bid.read())) * 20_000;
  return {
    name,
    read,
    exact: exactly(bid.exact, ask.exact, (low, high) => (name === "mid" ? dividedBy(plus(low, high), two) : dividedBy(times(minus(high, low), inBps), plus(low, high)))),
    // Each of three operations rounds by at most 2^-53 of what it works on.
    slack: { relative: 1e-15, absolute: name === "mid" ? 0 : 2e-11 },
    why: () => bid.why() ?? ask.why(),
    tell(into) {
      bid.tell(into);
      ask.tell(into);
      tellNumber(into, read());
    },
  };
}

function bindAccount(field: AccountField, look: Look): BoundOperand {
  const written = (): Amount => {
    const account = look.user?.account;
    if (account === undefined || account === null) return Number.NaN;
    const value = field === "day_pl_pct" ? account.dayPlPct : field === "orders_today" ? account.ordersToday : account[field];
    return value ?? Number.NaN;
  };
  return leaf(`account ${field}`, () => Number(written()), written, () => `the account's ${field} is not known`);
}

const minuteMs = 60_000;
const sunday = 7;

function bindClock(field: ClockField, { view }: Look): BoundOperand {
  const read = (): number => {
    if (field === "weekday") return weekdayOf(view.dayOf(view.nowMs).date);
    const { session } = view;
    if (session === null || view.nowMs < session.opensAtMs || view.nowMs > session.closesAtMs) return Number.NaN;
    // Whole minutes that are over, and those that have begun to be left.
    return field === "minutes_since_open" ? Math.floor((view.nowMs - session.opensAtMs) / minuteMs) : Math.ceil((session.closesAtMs - view.nowMs) / minuteMs);
  };
  return leaf(field, read, read, () => "the market is closed");
}

function weekdayOf(date: string): number {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return day === 0 ? sunday : day;
}
