import PQueue from "p-queue";
import { BrokerUnavailableError } from "../trading/ports.ts";

/** Cancels and exits go first, then orders, then whatever only looks; the past (`history`) is in no hurry. */
export type CallUrgency = "cancel" | "order" | "read" | "history";

const priorityOf: Record<"cancel" | "order" | "read", number> = { cancel: 2, order: 1, read: 0 };

/** Reads may use this part of the budget; the rest stays free for orders and cancels. */
const readShare = 0.8;
/** The past may use this part: years of bars must not keep the prices of now from being read. */
const historyShare = 0.4;
/** Waiting reads beyond this are refused at once: they would be stale by the time they are sent. */
const maxWaitingReads = 200;

export type RequestBudget = {
  /**
   * Runs `call` when the account's rate limit allows it, the urgent ones first.
   * @throws BrokerUnavailableError with `call` not started, when its turn does not come before `signal` aborts.
   */
  spend<T>(urgency: CallUrgency, signal: AbortSignal, call: () => Promise<T>): Promise<T>;
  /** Calls that wait for their turn now. */
  waiting(): number;
};

/**
 * One budget for each account and host, over a sliding minute. It stands outside the SDK, whose own limiter lets queue
 * time count against the request's time-out and starts with a full bucket after every minute's end.
 */
export function createRequestBudget(requestsPerMinute: number): RequestBudget {
  const all = new PQueue({ interval: 60_000, intervalCap: requestsPerMinute, strict: true });
  const reads = new PQueue({ interval: 60_000, intervalCap: Math.max(1, Math.floor(requestsPerMinute * readShare)), strict: true });

  const history = new PQueue({ interval: 60_000, intervalCap: Math.max(1, Math.floor(requestsPerMinute * historyShare)), strict: true });

  async function enter<T>(queue: PQueue, priority: number, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    let started = false;
    try {
      return await queue.add(
        () => {
          started = true;
          return call();
        },
        { priority, signal },
      );
    } catch (cause) {
      if (started) throw cause;
      throw new BrokerUnavailableError("the rate limit left no room in time; nothing was sent", { cause });
    }
  }

  async function spend<T>(urgency: CallUrgency, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    if (urgency === "history") return enter(history, 0, signal, () => spend("read", signal, call));
    if (urgency !== "read") return enter(all, priorityOf[urgency], signal, call);
    if (reads.size >= maxWaitingReads) throw new BrokerUnavailableError("too many reads wait for the rate limit; nothing was sent");
    return enter(reads, 0, signal, () => enter(all, priorityOf.read, signal, call));
  }
  return { spend, waiting: () => all.size + reads.size + history.size };
}
