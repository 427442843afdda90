/**
 * Tells "the database cannot be used at the moment" from "this statement is wrong": the first is worth trying
 * again later and is nobody's bug.
 */
import pg from "pg";
import { PoolBusyError } from "./pool.ts";
import { TransactionTimedOut } from "./transaction.ts";

const socketCodes: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENOENT"]);

/**
 * PostgreSQL's classes and codes (appendix A): 08 connection, 53 resources, 57 operator intervention (shutdown, start,
 * cancelled by a time-out), 58 system, 25006 a standby, 40001 and 40P01 lost a race, 55P03 a lock not granted in time.
 */
const serverCodes = /^(?:08|53|57|58)|^(?:25006|40001|40P01|55P03)$/;

/** What pg says without a code when a connection went away or never came. */
const driverMessages = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable|Cannot use a pool after calling end/i;

const deepestCause = 5;

export function isDatabaseUnavailable(error: unknown, depth = 0): boolean {
  if (depth > deepestCause || !(error instanceof Error)) return false;
  if (error instanceof TransactionTimedOut || error instanceof PoolBusyError || driverMessages.test(error.message)) return true;
  if (error instanceof pg.DatabaseError) return error.code !== undefined && serverCodes.test(error.code);
  if ("syscall" in error && "code" in error && typeof error.code === "string" && socketCodes.has(error.code)) return true;
  if (error instanceof AggregateError && error.errors.some((each) => isDatabaseUnavailable(each, depth + 1))) return true;
  return isDatabaseUnavailable(error.cause, depth + 1);
}
