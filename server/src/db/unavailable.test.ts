import pg from "pg";
import { describe, expect, test } from "vitest";
import { TransactionTimedOut } from "./transaction.ts";
import { isDatabaseUnavailable } from "./unavailable.ts";

const fromServer = (code: string): Error => Object.assign(new pg.DatabaseError("of the server", 10, "error"), { code });
const fromSocket = (code: string): Error => Object.assign(new Error(code), { code, syscall: "connect" });

describe("the database cannot be used at the moment", () => {
  test.each(["57P01", "57P03", "57014", "08006", "53300", "25006", "40001", "40P01", "55P03"])("when the server says %s", (code) => {
    expect(isDatabaseUnavailable(fromServer(code))).toBe(true);
  });

  test.each(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTFOUND"])("when the socket says %s", (code) => {
    expect(isDatabaseUnavailable(fromSocket(code))).toBe(true);
  });

  test.each(["Connection terminated unexpectedly", "timeout exceeded when trying to connect", "Query read timeout", "Client has encountered a connection error and is not queryable"])("when pg says: %s", (message) => {
    expect(isDatabaseUnavailable(new Error(message))).toBe(true);
  });

  test("when a transaction took too long, and when the reason lies deeper", () => {
    expect(isDatabaseUnavailable(new TransactionTimedOut("late"))).toBe(true);
    expect(isDatabaseUnavailable(new Error("could not answer", { cause: fromSocket("ECONNREFUSED") }))).toBe(true);
    expect(isDatabaseUnavailable(new AggregateError([fromSocket("ECONNREFUSED"), fromSocket("ECONNREFUSED")]))).toBe(true);
  });
});

describe("something else is wrong", () => {
  test.each(["23505", "42P01", "22P02", "P0001", "40002"])("when the server says %s", (code) => {
    expect(isDatabaseUnavailable(fromServer(code))).toBe(false);
  });

  test.each([new TypeError("x is not a function"), "a text", null, Object.assign(new Error("reset"), { code: "ECONNRESET" })])("when it is %s", (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });

  test("also when causes go round in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
