/** What migrations and seeds have in common: SQL files that run inside a transaction of ours, and errors that say where. */
import pg from "pg";

/** `end;` closes blocks of PL/pgSQL too, so it is not here. */
const transactionControl = /^\s*(?:begin|commit|rollback|start\s+transaction)(?:\s+(?:work|transaction))?\s*;/im;

/** Whether a file begins or ends a transaction by itself, which would keep half of the work when the rest fails. */
export function controlsTransaction(sql: string): boolean {
  return transactionControl.test(sql);
}

/** ` line 12` of the file, counted from 1, or nothing when the server gave no position. */
export function lineOf(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError) || error.position === undefined) return "";
  return ` line ${sql.slice(0, Number(error.position)).split("\n").length}`;
}

/** The server's message with its SQLSTATE and detail, or an ordinary error's message. */
export function reasonOf(error: unknown): string {
  if (error instanceof pg.DatabaseError) return `${error.message} (${error.code ?? "no code"})${error.detail === undefined ? "" : `; ${error.detail}`}`;
  // A connection refused at each of a name's addresses has an empty message of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
