import { expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import type { Amendment, BrokerOrder } from "../ports.ts";
import { judgeAmendment, knownFrom, untoldBust } from "./judge-amendment.ts";
import type { OrderState } from "./order-state.ts";
import type { ExecutionBook, ToldExecution } from "./standing.ts";

const noon = new Date("2024-05-01T16:00:00Z");
const later = new Date("2024-05-01T16:00:01Z");
const fill = (executionId: string, qty: string, at = "100"): ToldExecution => ({ executionId, qty: quantity(qty), price: price(at), at: noon });
const filled = (qty: string, at: string | null = "100"): OrderState => ({
  status: "filled", statusReason: null, alpacaOrderId: "broker-1", filledQty: quantity(qty), filledAvgPrice: at === null ? null : price(at), brokerUpdatedAt: noon, amendedAt: null, brokerSum: null,
});
const bust = (changes: Partial<Extract<Amendment, { kind: "trade_bust" }>> = {}): Amendment => ({ kind: "trade_bust", executionId: "b1", previousExecutionId: "e2", executedAt: later, was: null, ...changes });
const correction = (qty: string, at: string, previousExecutionId: string | null = "e2"): Amendment => ({ kind: "trade_correct", executionId: "c1", previousExecutionId, executedAt: later, qty: quantity(qty), price: price(at) });
const report = (filledQty: string, changes: Partial<BrokerOrder> = {}): BrokerOrder => ({
  alpacaOrderId: "broker-1", clientOrderId: "nod-1", symbol: "SPY", side: "buy", orderType: "market", limitPrice: null, qty: null, notionalUsd: null, status: "filled",
  filledQty: quantity(filledQty), filledAvgPrice: price("100"), submittedAt: null, filledAt: null, updatedAt: later, raw: {}, ...changes,
});
const book: ExecutionBook = { fills: [fill("e1", "0.06", "100"), fill("e2", "0.04", "110")], amendments: [] };
const judge = (amendment: Amendment, { state = filled("0.1", "104"), order = null, of = book }: { state?: OrderState; order?: BrokerOrder | null; of?: ExecutionBook } = {}) =>
  judgeAmendment({ state, side: "buy", alpacaOrderId: "broker-1", book: of }, amendment, order);

test("without a word on the order, what is left is what the other executions add up to", () => {
  expect(judge(bust())).toMatchObject({ about: "e2", was: { qty: "0.04", price: "110" }, event: { status: null, filledQty: "0.06", filledAvgPrice: "100", reason: "the broker took back 0.04 at $110 (a trade bust): 0.06 is bought" } });
});

test("a correction replaces quantity and price of its execution alone", () => {
  expect(judge(correction("0.02", "90"))).toMatchObject({ event: { filledQty: "0.08", filledAvgPrice: "97.5", reason: "the broker corrected an execution: 0.02 at $90 instead of 0.04 at $110" } });
});

test("where nothing is left, it says so", () => {
  expect(judge(bust(), { state: filled("0.04", "110"), of: { fills: [fill("e2", "0.04", "110")], amendments: [] } })).toMatchObject({ event: { filledQty: "0", filledAvgPrice: null, reason: expect.stringContaining("in the end nothing was bought") } });
});

test("a newer word on the order holds, with its status", () => {
  expect(judge(bust(), { order: report("0.06", { status: "partially_filled" }) })).toMatchObject({ event: { status: "partially_filled", filledQty: "0.06", updatedAt: later } });
});

test("an older word on the order does not, nor one of the same moment", () => {
  for (const updatedAt of [new Date(noon.getTime() - 1), noon, null]) expect(judge(bust(), { order: report("0.5", { status: "new", updatedAt }) })).toMatchObject({ event: { status: null, filledQty: "0.06", updatedAt: null } });
});

test("what the order said beyond the executions that were told stays, at what is left of its price", () => {
  expect(judge(bust(), { of: { fills: [fill("e2", "0.04", "110")], amendments: [] } })).toMatchObject({ event: { filledQty: "0.06", filledAvgPrice: "100" } });
});

test("an execution that was never told is taken from what the order said beyond the others", () => {
  const known = { fills: [fill("e1", "0.06", "100")], amendments: [] };
  expect(judge(bust({ was: { qty: quantity("0.04"), price: price("110") } }), { of: known })).toMatchObject({ about: "e2", was: { qty: "0.04", price: "110" }, event: { filledQty: "0.06", filledAvgPrice: "100" } });
});

test("a second bust of the same execution takes nothing more", () => {
  const busted = { fills: book.fills, amendments: [{ executionId: "b0", about: "e2", restated: null, at: noon, was: null, isConcluded: false }] };
  expect(judge(bust(), { state: filled("0.06"), of: busted })).toMatchObject({ event: { filledQty: "0.06" } });
});

test("one that names no execution is found by its quantity and price, by being the only one, or by what the order says is left", () => {
  expect(judge(bust({ previousExecutionId: null, was: { qty: quantity("0.040"), price: price("110.0") } }))).toMatchObject({ about: "e2", event: { filledQty: "0.06" } });
  expect(judge(bust({ previousExecutionId: null }), { state: filled("0.06"), of: { fills: [fill("e1", "0.06")], amendments: [] } })).toMatchObject({ about: "e1", event: { filledQty: "0" } });
  expect(judge(bust({ previousExecutionId: null }), { order: report("0.04") })).toMatchObject({ about: "e1", event: { filledQty: "0.04" } });
  expect(judge(correction("0.05", "100", null), { order: report("0.09") })).toMatchObject({ about: "e1" });
});

test("of executions that are alike one is as good as the other; of others that would explain it none is chosen", () => {
  const alike = { fills: [fill("e1", "0.05"), fill("e2", "0.05")], amendments: [] };
  expect(judge(correction("0.03", "99", null), { of: alike, order: report("0.08") })).toMatchObject({ about: "e2", event: { filledQty: "0.08" } });
  const unlike = { fills: [fill("e1", "0.05", "100"), fill("e2", "0.05", "101")], amendments: [] };
  expect(judge(correction("0.03", "99", null), { of: unlike, order: report("0.08") })).toMatchObject({ about: null, event: { filledQty: "0.08" } });
});

test("what the order has said by itself is not taken back a second time by the message that explains it", () => {
  const alike: ExecutionBook = { fills: [fill("e1", "0.05"), fill("e2", "0.05")], amendments: [] };
  const untold = untoldBust("broker-1", later);
  const first = judge(untold, { of: alike, order: report("0.05") });
  expect(first).toMatchObject({ about: "e2", event: { filledQty: "0.05" } });
  const known: ExecutionBook = { fills: alike.fills, amendments: [knownFrom(untold, first.about)] };
  const state = { ...filled("0.05"), brokerUpdatedAt: later };
  expect(judge(bust({ previousExecutionId: "e1" }), { state, of: known, order: report("0.05") })).toMatchObject({ about: "e1", event: { filledQty: "0.05" } });
  const afterwards = bust({ previousExecutionId: "e1", executedAt: new Date(later.getTime() + 1_000) });
  expect(judge(afterwards, { state, of: known })).toMatchObject({ event: { filledQty: "0" } });
});

test("a correction that the order's word has counted in before it is told leaves that word as it is", () => {
  const corrected = { fills: [fill("e2", "0.08")], amendments: [{ executionId: "c0", about: "e2", restated: { qty: quantity("0.01"), price: price("100") }, at: noon, was: null, isConcluded: false }] };
  const state = { ...filled("0.05", "90"), brokerUpdatedAt: later };
  expect(judge(correction("0.05", "90", "c0"), { state, of: corrected })).toMatchObject({ event: { filledQty: "0.05", filledAvgPrice: "90" } });
  // An older word knew nothing of it: what it said beyond the executions that were told is there beside it.
  expect(judge(correction("0.05", "90", "c0"), { state: filled("0.05", "90"), of: corrected })).toMatchObject({ event: { filledQty: "0.09" } });
});

test("a correction that a newer word on the order knew of is not counted again while other executions are still to be told", () => {
  const told: ExecutionBook = { fills: [fill("e1", "0.002"), fill("e2", "0.001")], amendments: [] };
  const newer = { brokerUpdatedAt: new Date(later.getTime() + 5) };
  expect(judge(correction("0.002", "100"), { state: { ...filled("0.1705"), ...newer }, of: told })).toMatchObject({ event: { filledQty: "0.1705" } });
  // Here the broker's last sum is from before it.
  const brokerSum = { qty: quantity("0.003"), avgPrice: price("100"), at: noon };
  expect(judge(correction("0.0005", "100"), { state: { ...filled("0.003"), ...newer, brokerSum }, of: told })).toMatchObject({ event: { filledQty: "0.0025" } });
});

test("a correction of the price alone counts where what stands is at the price from before it, and not again where it is at the new one", () => {
  const corrected: ExecutionBook = { fills: [fill("e2", "0.08")], amendments: [{ executionId: "c0", about: "e2", restated: { qty: quantity("0.01"), price: price("100") }, at: noon, was: null, isConcluded: false }] };
  const ofTheSameMoment = { ...correction("0.01", "105", "c0"), executedAt: noon };
  expect(judge(ofTheSameMoment, { state: filled("0.01", "100"), of: corrected })).toMatchObject({ event: { filledQty: "0.01", filledAvgPrice: "105" } });
  expect(judge(ofTheSameMoment, { state: filled("0.01", "105"), of: corrected })).toMatchObject({ event: { filledQty: "0.01", filledAvgPrice: "105" } });
});

test("a bust under the execution's own id is about that one", () => {
  expect(judge(bust({ executionId: "e2", previousExecutionId: null }))).toMatchObject({ about: "e2", event: { filledQty: "0.06" } });
});

test("where neither it nor the order says which, nothing is made of it", () => {
  expect(judge(bust({ previousExecutionId: null }))).toEqual({ about: null, was: null, event: null });
  expect(judge(bust({ previousExecutionId: null }), { order: report("0.05") })).toMatchObject({ about: null, event: { filledQty: "0.05" } });
});
