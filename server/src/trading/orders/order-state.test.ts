import { OrderStatus } from "@nod/contract/order";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLess, quantity, price } from "../../core/decimal.ts";
import { transition, type OrderEvent, type OrderState } from "./order-state.ts";
import { isBrokerStatus, isEnded, stageOf } from "./order-status.ts";

const statuses = OrderStatus.enum;
const brokerStatuses = statuses.filter(isBrokerStatus);
const ownStatuses = statuses.filter((status) => !isBrokerStatus(status));

const noon = new Date("2024-05-01T16:00:00Z");
const later = new Date("2024-05-01T16:00:01Z");

const stateIn = (status: OrderStatus, changes: Partial<OrderState> = {}): OrderState => ({
  status,
  statusReason: null,
  alpacaOrderId: isBrokerStatus(status) ? "broker-1" : null,
  filledQty: quantity(status === "filled" || status === "partially_filled" ? "1" : "0"),
  filledAvgPrice: status === "filled" || status === "partially_filled" ? price("10") : null,
  brokerUpdatedAt: isBrokerStatus(status) ? noon : null,
  amendedAt: null,
  brokerSum: null,
  ...changes,
});

type Report = Extract<OrderEvent, { kind: "reported" }>;
const reported = (status: string, changes: Partial<Report> = {}): Report => ({
  kind: "reported",
  alpacaOrderId: "broker-1",
  status,
  filledQty: quantity("0"),
  filledAvgPrice: null,
  updatedAt: later,
  ...changes,
});

const ownEvents: OrderEvent[] = [
  { kind: "claimed" },
  { kind: "denied", reason: "r" },
  { kind: "not_sent", reason: "r" },
  { kind: "given_up", reason: "r" },
  { kind: "taken_back", reason: "r" },
  { kind: "outcome_lost", reason: "r" },
  { kind: "refused", reason: "r" },
  { kind: "not_found_in_time", reason: "r" },
  { kind: "send_again", reason: "r" },
  { kind: "not_sent_again", reason: "r" },
  { kind: "mismatched", reason: "r" },
];

const statusAfter = (state: OrderState, event: OrderEvent): OrderStatus | "ignored" => {
  const next = transition(state, event);
  return next.kind === "ignored" ? "ignored" : next.kind === "changed" ? next.state.status : state.status;
};

describe("our own events, over every state", () => {
  /** Everything that is not named here is ignored. */
  const allowed: Partial<Record<OrderStatus, Partial<Record<OrderEvent["kind"], OrderStatus>>>> = {
    pending_submit: { claimed: "submitting", denied: "denied", taken_back: "not_placed", not_sent_again: "not_placed", mismatched: "unknown" },
    submitting: { not_sent: "pending_submit", given_up: "not_placed", outcome_lost: "unknown", refused: "rejected", mismatched: "unknown" },
    unknown: { refused: "rejected", not_found_in_time: "not_placed", send_again: "pending_submit", mismatched: "unknown" },
    denied: { mismatched: "unknown" },
    not_placed: { mismatched: "unknown" },
  };

  test.each(statuses.flatMap((status) => ownEvents.map((event) => [status, event.kind, event] as const)))("%s, %s", (status, _kind, event) => {
    expect(statusAfter(stateIn(status), event)).toBe(allowed[status]?.[event.kind] ?? "ignored");
  });

  test("an order that was sent is never sent again", () => {
    for (const status of statuses.filter((each) => each !== "pending_submit")) expect(statusAfter(stateIn(status), { kind: "claimed" })).toBe("ignored");
  });

  test("nothing that may be at the broker goes back to be sent, except a POST that never left and one that was looked for in vain", () => {
    for (const status of statuses) {
      for (const event of ownEvents.filter(({ kind }) => kind !== "not_sent" && kind !== "send_again")) expect(statusAfter(stateIn(status, { statusReason: "x" }), event) === "pending_submit" && status !== "pending_submit").toBe(false);
    }
  });
});

describe("the broker's first word", () => {
  test.each(ownStatuses.flatMap((status) => brokerStatuses.map((said) => [status, said] as const)))("%s, then %s: it is adopted", (status, said) => {
    const next = transition(stateIn(status, { statusReason: "in doubt" }), reported(said));
    expect(next).toMatchObject({ kind: "changed", state: { status: said, alpacaOrderId: "broker-1" } });
  });

  test("a refused POST that turns out to have placed an order is an order", () => {
    const refused = stateIn("rejected", { alpacaOrderId: null, statusReason: "refused" });
    expect(statusAfter(refused, reported("new"))).toBe("new");
  });

  test("a late fill of an order that was given up is a fill", () => {
    const next = transition(stateIn("not_placed"), reported("filled", { filledQty: quantity("2"), filledAvgPrice: price("9.5") }));
    expect(next).toMatchObject({ kind: "changed", state: { status: "filled", filledQty: "2", filledAvgPrice: "9.5", statusReason: null } });
  });

  test("a word of the future is taken for acceptance, and kept as it was said", () => {
    const next = transition(stateIn("submitting"), reported("quantum_pending"));
    expect(next).toMatchObject({ kind: "changed", state: { status: "accepted", statusReason: expect.stringContaining("quantum_pending") } });
  });
});

describe("the broker's later words, over every pair of its states", () => {
  const pairs = brokerStatuses.flatMap((before) => brokerStatuses.map((said) => [before, said] as const));
  const sameFill = (before: OrderStatus): Partial<Report> => {
    const state = stateIn(before);
    return { filledQty: state.filledQty, filledAvgPrice: state.filledAvgPrice };
  };

  test.each(pairs)("%s, then a newer %s with nothing more filled", (before, said) => {
    const state = stateIn(before);
    const working = stageOf(said) <= stageOf("new") && before === "partially_filled";
    const expected = isEnded(before) ? before : working ? "partially_filled" : said;
    expect(statusAfter(state, reported(said, sameFill(before)))).toBe(expected);
  });

  test.each(pairs)("%s, then an older %s with nothing more filled: only an end is news", (before, said) => {
    const state = stateIn(before, { brokerUpdatedAt: later });
    expect(statusAfter(state, reported(said, { ...sameFill(before), updatedAt: noon }))).toBe(!isEnded(before) && isEnded(said) ? said : before);
  });

  test.each(pairs)("%s, then %s with less filled: nothing changes", (before, said) => {
    const state = stateIn(before, { filledQty: quantity("3"), filledAvgPrice: price("10") });
    expect(transition(state, reported(said, { filledQty: quantity("2") }))).toEqual({ kind: "unchanged" });
  });

  test.each(pairs)("%s, then %s with more filled: the quantity is news, an end gives way to a fill alone", (before, said) => {
    const state = stateIn(before, { filledQty: quantity("1"), filledAvgPrice: price("10") });
    const next = transition(state, reported(said, { filledQty: quantity("4"), filledAvgPrice: price("11") }));
    const normalised = stageOf(said) <= stageOf("new") ? "partially_filled" : said;
    const expected = isEnded(before) ? (said === "filled" ? "filled" : before) : normalised;
    expect(next).toMatchObject({ kind: "changed", state: { filledQty: "4", filledAvgPrice: "11", status: expected } });
  });
});

describe("a bust or a correction, over every state", () => {
  const amended = (changes: Partial<Extract<OrderEvent, { kind: "amended" }>> = {}): OrderEvent => ({
    kind: "amended", alpacaOrderId: "broker-1", status: null, filledQty: quantity("0"), filledAvgPrice: null, updatedAt: null, at: later, brokerSum: null, reason: "taken back", ...changes,
  });

  test.each(brokerStatuses)("%s, of which all is taken back: the broker's word for it stays, and it says why", (status) => {
    const state = stateIn(status, { filledQty: quantity("1"), filledAvgPrice: price("10") });
    expect(transition(state, amended({ filledAvgPrice: price("10") }))).toMatchObject({ kind: "changed", state: { status, statusReason: "taken back", filledQty: "0", filledAvgPrice: null, amendedAt: later } });
  });

  test.each(brokerStatuses.flatMap((before) => brokerStatuses.map((said) => [before, said] as const)))("%s, of which the broker says %s with a bust: that holds, whether it had ended or not", (before, said) => {
    expect(statusAfter(stateIn(before), amended({ status: said }))).toBe(said);
  });

  test.each(ownStatuses)("%s: the order is at the broker, and is adopted with what is left", (status) => {
    const next = transition(stateIn(status), amended({ status: "filled", filledQty: quantity("0.5"), filledAvgPrice: price("9"), updatedAt: later }));
    expect(next).toMatchObject({ kind: "changed", state: { status: "filled", alpacaOrderId: "broker-1", filledQty: "0.5", filledAvgPrice: "9", brokerUpdatedAt: later } });
  });

  test("one of another order changes nothing", () => {
    expect(transition(stateIn("filled"), amended({ alpacaOrderId: "broker-2" })).kind).toBe("ignored");
  });

  test("a status that is not known here leaves the one that is", () => {
    expect(statusAfter(stateIn("filled"), amended({ status: "under_review" }))).toBe("filled");
  });

  const standing = (qty: string, at: string | null): Partial<Report> => ({ standing: { filled: { qty: quantity(qty), avgPrice: at === null ? null : price(at) }, brokerSum: null } });
  const after = stateIn("filled", { filledQty: quantity("1"), filledAvgPrice: price("10"), brokerUpdatedAt: noon, amendedAt: noon });
  test("afterwards the standing of the executions holds, whatever a report says, and it may fall", () => {
    for (const updatedAt of [new Date(noon.getTime() - 1), noon, later, null]) {
      const report = reported("filled", { filledQty: quantity("3"), filledAvgPrice: price("10"), updatedAt, ...standing("0.5", "9") });
      expect(transition(after, report)).toMatchObject({ kind: "changed", state: { status: "filled", filledQty: "0.5", filledAvgPrice: "9" } });
      expect(transition(after, { ...report, ...standing("1", "10") })).toEqual({ kind: "unchanged" });
    }
  });

  test("a report of the same moment says how the order ended, one from before it does not: it may have been brought back", () => {
    const working = stateIn("pending_new", { brokerUpdatedAt: new Date(noon.getTime() - 9), amendedAt: noon });
    expect(transition(working, reported("filled", { updatedAt: noon, ...standing("0", null) }))).toMatchObject({ kind: "changed", state: { status: "filled", filledQty: "0" } });
    expect(transition(working, reported("filled", { updatedAt: new Date(noon.getTime() - 1), ...standing("0", null) }))).toEqual({ kind: "unchanged" });
  });
});

test("a fill that crosses a cancel has the last word", () => {
  const asked = stateIn("pending_cancel");
  expect(statusAfter(asked, reported("filled", { filledQty: quantity("1") }))).toBe("filled");
  expect(statusAfter(stateIn("canceled"), reported("filled", { filledQty: quantity("1") }))).toBe("filled");
});

test("a cancel that was refused puts the order back to work", () => {
  expect(statusAfter(stateIn("pending_cancel"), reported("new"))).toBe("new");
});

test("a report of another order changes nothing", () => {
  expect(transition(stateIn("new"), reported("filled", { alpacaOrderId: "broker-2", filledQty: quantity("1") })).kind).toBe("ignored");
});

test("the same word twice is no news", () => {
  const word = reported("partially_filled", { filledQty: quantity("1"), filledAvgPrice: price("10") });
  const first = transition(stateIn("new"), word);
  expect(first.kind).toBe("changed");
  if (first.kind === "changed") expect(transition(first.state, word)).toEqual({ kind: "unchanged" });
});

test("in whatever order the words of one life arrive, the books end the same and never lose a fill", () => {
  const lives: Report[][] = [
    [reported("pending_new", { updatedAt: new Date(1) }), reported("new", { updatedAt: new Date(2) }), reported("partially_filled", { updatedAt: new Date(3), filledQty: quantity("1") }), reported("filled", { updatedAt: new Date(4), filledQty: quantity("3") })],
    [reported("accepted", { updatedAt: new Date(1) }), reported("new", { updatedAt: new Date(2) }), reported("pending_cancel", { updatedAt: new Date(3) }), reported("canceled", { updatedAt: new Date(4) })],
    [reported("new", { updatedAt: new Date(1) }), reported("partially_filled", { updatedAt: new Date(2), filledQty: quantity("1") }), reported("pending_cancel", { updatedAt: new Date(3), filledQty: quantity("1") }), reported("filled", { updatedAt: new Date(4), filledQty: quantity("2") })],
    [reported("new", { updatedAt: new Date(1) }), reported("suspended", { updatedAt: new Date(2) }), reported("new", { updatedAt: new Date(3) }), reported("expired", { updatedAt: new Date(4) })],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...lives), fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom<OrderStatus>("submitting", "unknown", "not_placed"), (life, picks, start) => {
      const last = life.at(-1);
      let state = stateIn(start);
      // Any words, any number of times, and each at least once in the end.
      for (const word of [...picks.map((pick) => life[pick % life.length]), ...life.toReversed()]) {
        if (word === undefined) continue;
        const before = state;
        const next = transition(state, word);
        if (next.kind === "changed") state = next.state;
        expect(isLess(state.filledQty, before.filledQty)).toBe(false);
        if (isBrokerStatus(before.status) && isEnded(before.status)) expect(isEnded(state.status)).toBe(true);
      }
      expect([state.status, state.filledQty]).toEqual([last?.status, last?.filledQty]);
    }),
  );
});
