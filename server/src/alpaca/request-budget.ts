import PQueue from "p-queue";
import { BrokerUnavailableError } from "../trading/ports.ts";

/** Cancels and exits go first, then orders, then whatever only looks; the past (`history`) is in no hurry. */
export type CallUrgency = "cancel" | "exit" | "order" | "read" | "history";

const priorityOf: Record<"cancel" | "exit" | "order" | "read", number> = { cancel: 2, exit: 2, order: 1, read: 0 };

/** Reads may use this part of the budget; the rest stays free for orders and cancels. */
const readShare = 0.8;
/** Orders that are no exits leave this part free, so that an exit or a cancel never waits for what they have spent. */
const exitShare = 0.1;
/** The past may use this part: years of bars must not keep the prices of now from being read. */
const historyShare = 0.4;
/** Waiting reads beyond this are refused at once: they would be stale by the time they are sent. */
const maxWaitingReads = 200;

const windowMs = 60_000;

export type RequestBudget = {
  /**
   * Runs `call` when the account's rate limit allows it, the urgent ones first.
   * @throws BrokerUnavailableError with `call` not started, when its turn does not come before `signal` aborts.
   */
  spend<T>(urgency: CallUrgency, signal: AbortSignal, call: () => Promise<T>): Promise<T>;
  /** For metrics. `left` is of the sliding minute; `refused` counts calls whose turn did not come in time. */
  reading(): BudgetReading;
};

export type BudgetReading = { limit: number; left: number; waiting: number; refused: number };

/** How many orders may be sent now without waiting, of any kind and of exits. */
export const roomForOrders = ({ limit, left }: Pick<BudgetReading, "limit" | "left">): { any: number; exits: number } => ({ any: left - Math.floor(limit * exitShare), exits: left });

/**
 * One budget for each account and host, over a sliding minute. It stands outside the SDK, whose own limiter lets queue
 * time count against the request's time-out and starts with a full bucket after every minute's end.
 */
export function createRequestBudget(requestsPerMinute: number): RequestBudget {
  const all = new PQueue({ interval: windowMs, intervalCap: requestsPerMinute, strict: true });
  const reads = new PQueue({ interval: windowMs, intervalCap: Math.max(1, Math.floor(requestsPerMinute * readShare)), strict: true });

  const history = new PQueue({ interval: windowMs, intervalCap: Math.max(1, Math.floor(requestsPerMinute * historyShare)), strict: true });

  /** Starts of the last minute, the oldest first. */
  const startedAtMs: number[] = [];
  let refused = 0;
  const spent = (): number => {
    const isOver = (atMs: number): boolean => performance.now() - atMs >= windowMs;
    while (startedAtMs[0] !== undefined && isOver(startedAtMs[0])) startedAtMs.shift();
    return startedAtMs.length;
  };

  async function enter<T>(queue: PQueue, priority: number, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    let started = false;
    try {
      return await queue.add(
        () => {
          started = true;
          if (queue === all) startedAtMs.push(performance.now());
          return call();
        },
        { priority, signal },
      );
    } catch (cause) {
      if (started) throw cause;
      refused += 1;
      throw new BrokerUnavailableError("the rate limit left no room in time; nothing was sent", { cause });
    }
  }

  async function spend<T>(urgency: CallUrgency, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    if (urgency === "history") return enter(history, 0, signal, () => spend("read", signal, call));
    if (urgency !== "read") return enter(all, priorityOf[urgency], signal, call);
    if (reads.size >= maxWaitingReads) {
      refused += 1;
      throw new BrokerUnavailableError("too many reads wait for the rate limit; nothing was sent");
    }
    return enter(reads, 0, signal, () => enter(all, priorityOf.read, signal, call));
  }
  const reading = (): BudgetReading => ({ limit: requestsPerMinute, left: Math.max(0, requestsPerMinute - spent()), waiting: all.size + reads.size + history.size, refused });
  return { spend, reading };
}
