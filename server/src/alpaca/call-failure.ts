import { ApiError, FetchError } from "@alpacahq/alpaca-trade-api";
import { BrokerUnavailableError, type SubmitOutcome } from "../trading/ports.ts";

/** Nothing was listening or no such host: not one byte of the request left. */
const neverConnected: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"]);

const maxMessageLength = 300;

/** The broker's own words, cut to a length that fits a log line and a column. */
const brokerMessage = (error: ApiError): string => error.message.slice(0, maxMessageLength);

/**
 * What a failed POST of an order means. Only a clear refusal is a no: 401, 403, 404 and 422 leave no row at the broker
 * and the client order id free; 429 is refused at the door. Everything else may have been placed.
 */
export function outcomeOfFailedSubmit(error: unknown): SubmitOutcome {
  if (error instanceof ApiError) {
    const code = error.code === undefined ? null : Number(error.code);
    if (error.status === 422 && /client_order_id must be unique/i.test(error.message)) return { kind: "duplicate" };
    if (error.status === 429) return { kind: "not_sent", reason: "the broker's rate limit refused it" };
    if ([400, 401, 403, 404, 422].includes(error.status)) {
      return { kind: "rejected", httpStatus: error.status, code: Number.isFinite(code) ? code : null, message: brokerMessage(error) };
    }
    return { kind: "unknown", reason: `the broker answered ${error.status}` };
  }
  if (error instanceof BrokerUnavailableError) return { kind: "not_sent", reason: error.message };
  const code = systemCodeOf(error);
  if (code !== null && neverConnected.has(code)) return { kind: "not_sent", reason: `no connection to the broker (${code})` };
  return { kind: "unknown", reason: reasonOf(error) };
}

/** Turns whatever a reading call threw into the one error that callers know. */
export function unavailable(what: string, error: unknown): BrokerUnavailableError {
  return new BrokerUnavailableError(`${what}: ${error instanceof ApiError ? `${error.status} ${brokerMessage(error)}` : reasonOf(error)}`, { cause: error });
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
export const isUnprocessable = (error: unknown): boolean => error instanceof ApiError && error.status === 422;

/** Names the kind of failure without quoting what was sent or received: either may hold what does not belong in a log. */
function reasonOf(error: unknown): string {
  const root = rootCauseOf(error);
  if (root instanceof Error && (root.name === "TimeoutError" || root.name === "AbortError")) return "no answer in time";
  const code = systemCodeOf(error);
  if (code !== null) return `the connection failed (${code})`;
  if (error instanceof FetchError) return "the connection failed";
  return "the answer could not be understood";
}

function systemCodeOf(error: unknown): string | null {
  const root = rootCauseOf(error);
  return root instanceof Error && "code" in root && typeof root.code === "string" ? root.code : null;
}

/** `fetch` wraps the socket's error, the SDK wraps fetch's. */
function rootCauseOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 5 && root instanceof Error && root.cause !== undefined; depth++) root = root.cause;
  return root instanceof AggregateError && root.errors.length > 0 ? root.errors[0] : root;
}
