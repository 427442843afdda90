import { expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import { laterSum, standingOf, type BrokerSum, type ToldAmendment, type ToldExecution } from "./standing.ts";

const at = (second: number): Date => new Date(Date.UTC(2024, 4, 1, 16, 0, second));
const sum = (second: number, qty: string, avg: string | null = "100"): BrokerSum => ({ qty: quantity(qty), avgPrice: avg === null ? null : price(avg), at: at(second) });
const fill = (executionId: string, second: number, qty: string, paid = "100"): ToldExecution => ({ executionId, qty: quantity(qty), price: price(paid), at: at(second) });
const lot = (qty: string, paid = "100") => ({ qty: quantity(qty), price: price(paid) });
const bust = (executionId: string, second: number, about: string, changes: Partial<ToldAmendment> = {}): ToldAmendment => ({ executionId, about, restated: null, at: at(second), was: null, isConcluded: false, ...changes });
const correction = (executionId: string, second: number, about: string, qty: string, paid = "100"): ToldAmendment => bust(executionId, second, about, { restated: lot(qty, paid) });

test("without a sum of the broker's it is what was told", () => {
  expect(standingOf(null, { fills: [fill("e1", 1, "2"), fill("e2", 2, "1", "103")], amendments: [bust("b1", 3, "e1")] })).toEqual(lotOf("1", "103"));
});

test("what is older than the sum is in it, told or not; what is newer comes on top of it", () => {
  const book = { fills: [fill("e1", 1, "2"), fill("e3", 6, "1", "108")], amendments: [correction("c1", 2, "e1", "1")] };
  expect(standingOf(sum(5, "3", "104"), book)).toEqual(lotOf("4", "105"));
  expect(standingOf(sum(9, "3", "104"), book)).toEqual(lotOf("3", "104"));
});

test("a bust from after the sum takes away what it takes back, also of what was told of late", () => {
  expect(standingOf(sum(5, "3", "104"), { fills: [fill("e1", 1, "2", "103")], amendments: [bust("b1", 7, "e1")] })).toEqual(lotOf("1", "106"));
});

test("of an execution that was never told of it takes what the bust says that it was, as far as the sum has room", () => {
  const unknown = bust("b1", 7, "e0", { was: lot("2", "103") });
  expect(standingOf(sum(5, "3", "104"), { fills: [], amendments: [unknown] })).toEqual(lotOf("1", "106"));
  expect(standingOf(sum(5, "1"), { fills: [], amendments: [unknown] })).toEqual(lotOf("1", "100"));
});

test("of one moment as much is in the sum as makes it add up", () => {
  const book = { fills: [fill("e1", 5, "2"), fill("e2", 5, "1")], amendments: [bust("b1", 5, "e1")] };
  for (const said of ["2", "3", "1"]) expect(standingOf(sum(5, said), book)).toEqual(lotOf("1"));
});

test("an order's time that is a hair behind that of an execution has counted it all the same", () => {
  const book = { fills: [{ ...fill("e1", 5, "2"), at: new Date(at(5).getTime() + 3) }], amendments: [] };
  expect(standingOf(sum(5, "2"), book)).toEqual(lotOf("2"));
});

test("what was only concluded from a sum is not counted on top of another", () => {
  const concluded = bust("untold", 6, "e1", { isConcluded: true });
  expect(standingOf(sum(6, "0", null), { fills: [fill("e1", 1, "2")], amendments: [concluded] })).toEqual({ qty: "0", avgPrice: null });
});

test("the later sum holds; of one moment the one that had more of what was told in it", () => {
  const book = { fills: [fill("e1", 5, "2")], amendments: [bust("b1", 5, "e1")] };
  const [before, after] = [sum(5, "2"), sum(5, "0", null)];
  expect(laterSum(before, after, book)).toBe(after);
  expect(laterSum(after, before, book)).toBe(after);
  expect(laterSum(after, sum(6, "1"), book)).toMatchObject({ qty: "1" });
  expect(laterSum(null, before, book)).toBe(before);
});

function lotOf(qty: string, paid = "100") {
  return { qty, avgPrice: paid };
}
