import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../money.ts";
import { memoryJournal } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { FLAT, foldPosition, traded, type Position } from "./position.ts";
import type { Execution, Side } from "./records.ts";

const after = (...trades: [qty: number, price: number][]): Position => trades.reduce<Position>((position, [qty, price]) => traded(position, new Decimal(qty), new Decimal(price)), FLAT);
const shown = ({ qty, costBasis }: Position): [string, string] => [qty.toString(), costBasis.toString()];

describe("a position", () => {
  it("averages what it cost and keeps the average when part of it is sold", () => {
    expect(shown(after([10, 5], [10, 7]))).toEqual(["20", "120"]);
    expect(shown(after([10, 5], [10, 7], [-5, 99]))).toEqual(["15", "90"]);
    expect(shown(after([10, 5], [-10, 6]))).toEqual(["0", "0"]);
  });

  it("turns short at the price that turned it", () => {
    expect(shown(after([10, 5], [-15, 8]))).toEqual(["-5", "40"]);
    expect(shown(after([-5, 8], [2, 1]))).toEqual(["-3", "24"]);
  });
});

function execution(id: string, side: Side, qty: string, price: string, kind: Execution["kind"] = "fill", previous: string | null = null): Execution {
  return { kind, executionId: id, previousExecutionId: previous, account: "paper", orderId: "order", symbol: "ACME", side, qty, price, at: "2026-03-04T15:00:00Z", atMs: 0, positionQty: "0", cumQty: "0", leavesQty: "0", orderStatus: "filled" };
}

describe("the ledger", () => {
  it("ends as if a busted fill had never been, whatever came between", () => {
    const cents = fc.integer({ min: 1, max: 100_000 }).map((value) => (value / 100).toFixed(2));
    const fills = fc.array(fc.tuple(fc.constantFrom<Side>("buy", "sell"), fc.integer({ min: 1, max: 50 }).map(String), cents), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fills, fc.nat(), (trades, choice) => {
        const executions = trades.map(([side, qty, price], index) => execution(`e${index}`, side, qty, price));
        const busted = executions[choice % executions.length];
        const bust = execution("bust", busted?.side ?? "buy", busted?.qty ?? "", busted?.price ?? "", "trade_bust", busted?.executionId ?? "");
        const withBust = book([...executions, bust]);
        const without = book(executions.filter((candidate) => candidate !== busted));
        expect(withBust).toEqual(without);
      }),
    );
  });

  it("spends and earns exactly what the fills say", () => {
    expect(book([execution("a", "buy", "0.206739714", "48.37"), execution("b", "sell", "0.1", "50")])).toEqual({ cash: "99995.00000003382", position: ["0.106739714", "5.16299996618"] });
  });

  it("multiplies a position by a split at an unchanged cost", () => {
    const position = foldPosition([{ kind: "execution", execution: execution("a", "buy", "2", "645.57") }, { kind: "split", symbol: "ACME", ratio: 7 }], "ACME");
    expect(shown(position)).toEqual(["14", "1291.14"]);
  });
});

function book(executions: readonly Execution[]): { cash: string; position: [string, string] } {
  const ledger = new Ledger();
  const journal = memoryJournal(ledger);
  journal.commit([{ record: "account", account: "paper", cash: "100000" }]);
  for (const one of executions) journal.commit([{ record: "execution", execution: one }]);
  const account = ledger.account("paper");
  const position = account.positions.get("ACME") ?? FLAT;
  return { cash: account.cash.toString(), position: [position.qty.toString(), position.costBasis.toDecimalPlaces(20).toString()] };
}
