import { add, averagePriceOf, isGreater, isPositive, subtract, zeroQuantity, type Price, type Quantity } from "../../core/decimal.ts";
import { executedIn, executionsInForce, type Executed, type KnownAmendment, type KnownExecution } from "./executions-in-force.ts";

/** What the broker's order itself said of all that was filled, and when. */
export type BrokerSum = { qty: Quantity; avgPrice: Price | null; at: Date };

export type ToldExecution = KnownExecution & { at: Date };
/** `was`: what the execution had been, where a bust says so. `isConcluded`: it follows from the broker's sum, and nothing was told. */
export type ToldAmendment = KnownAmendment & { was: { qty: Quantity; price: Price } | null; isConcluded: boolean };

/** Everything that was ever told of an order's executions. */
export type ExecutionBook = { fills: readonly ToldExecution[]; amendments: readonly ToldAmendment[] };

/** An order's own time may be behind that of an execution which it has counted, by so much: what follows it so closely is of its moment. */
const momentMs = 20;
/** More of one moment than this are not tried out. */
const mostOfAMoment = 8;

/**
 * What is filled, whatever was told and in whatever order: the broker's own last sum, and on top of it what happened after it.
 * What happened before it is in it, told or not. Pure.
 */
export function standingOf(sum: BrokerSum | null, book: ExecutionBook): Executed {
  const told = toldIn(book);
  const now = inForceOf(told);
  if (sum === null) return executedIn(now);
  const counted = countedIn(sum, told);
  if (counted.addsUp) return executedIn(now);
  // Executions that were never told of, and were taken back or corrected after the sum, were in it as far as there is room.
  const then = inForceOf(counted);
  const missing = missingFrom(told, counted).filter(({ qty }) => !isGreater(add(executedIn(then).qty, qty), sum.qty));
  return moved(sum, [...then, ...missing], inForceOf({ fills: [...told.fills, ...missing], amendments: told.amendments }));
}

/** Of two sums the later one; of one moment the one that had more of what was told in it, and otherwise the second. */
export function laterSum(a: BrokerSum | null, b: BrokerSum | null, book: ExecutionBook): BrokerSum | null {
  if (a === null || b === null) return a ?? b;
  if (a.at.getTime() !== b.at.getTime()) return a.at > b.at ? a : b;
  const told = toldIn(book);
  const [ofA, ofB] = [countedIn(a, told), countedIn(b, told)];
  if (ofA.addsUp !== ofB.addsUp) return ofA.addsUp ? a : b;
  if (!ofA.addsUp) return b;
  return ofA.fills.length + ofA.amendments.length > ofB.fills.length + ofB.amendments.length ? a : b;
}

const toldIn = ({ fills, amendments }: ExecutionBook): ExecutionBook => ({ fills, amendments: amendments.filter(({ isConcluded }) => !isConcluded) });

const inForceOf = ({ fills, amendments }: ExecutionBook): KnownExecution[] => executionsInForce(fills, amendments);

/**
 * What of the told is in a sum: what is older than it, and as much of what is of its own moment as makes it add up, the more the
 * better; by the clock where nothing does.
 */
function countedIn(sum: BrokerSum, told: ExecutionBook): ExecutionBook & { addsUp: boolean } {
  const sumMs = sum.at.getTime();
  const until = (ms: number): ExecutionBook => ({ fills: told.fills.filter(({ at }) => at.getTime() <= ms), amendments: told.amendments.filter(({ at }) => at.getTime() <= ms) });
  const all = until(sumMs + momentMs);
  const ids = [...all.fills, ...all.amendments].filter(({ at }) => at.getTime() >= sumMs).map(({ executionId }) => executionId);
  if (ids.length <= mostOfAMoment) {
    for (const left of leavings(ids)) {
      const part = { fills: all.fills.filter(({ executionId }) => !left.has(executionId)), amendments: all.amendments.filter(({ executionId }) => !left.has(executionId)) };
      if (part.amendments.some(({ about }) => about !== null && left.has(about))) continue;
      if (addsUpTo(sum, inForceOf(part))) return { ...part, addsUp: true };
    }
  }
  return { ...until(sumMs), addsUp: false };
}

/** Every choice of what to leave out, the smallest first. */
function leavings(ids: readonly string[]): ReadonlySet<string>[] {
  const choices = Array.from({ length: 2 ** ids.length }, (_, bits) => new Set(ids.filter((_id, n) => (bits >> n) % 2 === 1)));
  return choices.toSorted((a, b) => a.size - b.size);
}

function addsUpTo({ qty, avgPrice }: BrokerSum, inForce: readonly KnownExecution[]): boolean {
  const executed = executedIn(inForce);
  return executed.qty === qty && executed.avgPrice === avgPrice;
}

/** What lies under corrections and busts of executions that nobody told of, and that are not in the sum themselves. */
function missingFrom(told: ExecutionBook, counted: ExecutionBook): ToldExecution[] {
  const known = new Set([...told.fills, ...told.amendments].map(({ executionId }) => executionId));
  const inSum = new Set(counted.amendments.map(({ executionId }) => executionId));
  const missing = new Map<string, ToldExecution>();
  for (const { executionId, about, restated, was, at } of told.amendments) {
    const lot = was ?? restated;
    if (about === null || lot === null || known.has(about) || inSum.has(executionId)) continue;
    missing.set(about, { executionId: about, ...lot, at });
  }
  return [...missing.values()];
}

/** The sum, moved by as much as the executions have. */
function moved({ qty, avgPrice }: BrokerSum, before: readonly KnownExecution[], after: readonly KnownExecution[]): Executed {
  const [was, is] = [executedIn(before), executedIn(after)];
  if (was.qty === is.qty && was.avgPrice === is.avgPrice) return { qty, avgPrice };
  const left = subtract(add(qty, is.qty), was.qty);
  if (!isPositive(left)) return { qty: zeroQuantity, avgPrice: null };
  const sum = avgPrice === null ? [] : [{ qty, price: avgPrice }];
  const average = averagePriceOf([...sum, ...after, ...before.map((lot) => ({ qty: subtract(zeroQuantity, lot.qty), price: lot.price }))]);
  return { qty: left, avgPrice: isPositive(average) ? average : (is.avgPrice ?? avgPrice) };
}
