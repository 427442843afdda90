import type { Anchor } from "../time/timeline.ts";
import { Decimal } from "../money.ts";
import { effectiveFills, FLAT, foldPosition, signedQty, traded, type Position, type PositionEntry } from "./position.ts";
import { isTerminal, type AcceptedPost, type BookRecord, type Execution, type StoredOrder } from "./records.ts";

/** Everything one account holds and ever did. */
export type Account = {
  id: string;
  cash: Decimal;
  lastEquity: Decimal;
  /** The trading date that `lastEquity` precedes. */
  date: string | undefined;
  orders: Map<string, StoredOrder>;
  /** Orders that may still change; a subset of `orders`, so that sweeps stay cheap. */
  open: Map<string, StoredOrder>;
  /** Every client order id ever accepted, with its order: they are spent for ever. */
  clientOrderIds: Map<string, string>;
  positions: Map<string, Position>;
  entries: PositionEntry[];
  executions: Execution[];
};

/** The state that the records add up to. It never decides anything. */
export class Ledger {
  readonly accounts = new Map<string, Account>();
  readonly posts: AcceptedPost[] = [];
  anchor: Anchor | undefined;
  #orders = 0;
  #executions = 0;
  readonly #accountOfOrder = new Map<string, Account>();

  get orderCount(): number {
    return this.#orders;
  }

  get executionCount(): number {
    return this.#executions;
  }

  account(id: string): Account {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`the book has no account ${id}`);
    return account;
  }

  /** An order of any account. */
  order(orderId: string): StoredOrder | undefined {
    return this.#accountOfOrder.get(orderId)?.orders.get(orderId);
  }

  apply(record: BookRecord): void {
    switch (record.record) {
      case "anchor":
        this.anchor = record.anchor;
        return;
      case "account":
        this.accounts.set(record.account, emptyAccount(record.account, new Decimal(record.cash)));
        return;
      case "cash":
        this.account(record.account).cash = new Decimal(record.cash);
        return;
      case "post":
        this.posts.push(record.post);
        return;
      case "order":
        return this.#applyOrder(record.order);
      case "execution":
        return this.#applyExecution(record.execution);
      case "split": {
        const account = this.account(record.account);
        account.entries.push({ kind: "split", symbol: record.symbol, ratio: record.ratio });
        return this.#refold(account, record.symbol);
      }
      case "day": {
        const account = this.account(record.account);
        account.date = record.date;
        account.lastEquity = new Decimal(record.lastEquity);
      }
    }
  }

  #applyOrder(order: StoredOrder): void {
    const account = this.account(order.account);
    const { id, client_order_id: clientOrderId } = order.wire;
    if (!account.orders.has(id)) {
      this.#orders += 1;
      account.clientOrderIds.set(clientOrderId, id);
      this.#accountOfOrder.set(id, account);
    }
    account.orders.set(id, order);
    if (isTerminal(order.wire.status)) account.open.delete(id);
    else account.open.set(id, order);
  }

  #applyExecution(execution: Execution): void {
    const account = this.account(execution.account);
    if (execution.kind === "fill") return this.#applyFill(account, execution);
    const before = effectiveFills(account.executions, execution.orderId);
    account.executions.push(execution);
    account.entries.push({ kind: "execution", execution });
    this.#executions += 1;
    account.cash = account.cash.plus(cashOf(before)).minus(cashOf(effectiveFills(account.executions, execution.orderId)));
    this.#refold(account, execution.symbol);
  }

  #applyFill(account: Account, execution: Execution): void {
    account.executions.push(execution);
    account.entries.push({ kind: "execution", execution });
    this.#executions += 1;
    account.cash = account.cash.minus(cashOf([execution]));
    this.#setPosition(account, execution.symbol, traded(account.positions.get(execution.symbol) ?? FLAT, signedQty(execution), new Decimal(execution.price)));
  }

  #refold(account: Account, symbol: string): void {
    this.#setPosition(account, symbol, foldPosition(account.entries, symbol));
  }

  #setPosition(account: Account, symbol: string, position: Position): void {
    if (position.qty.isZero()) account.positions.delete(symbol);
    else account.positions.set(symbol, position);
  }
}

/** Dollars spent (positive) by a set of fills. */
function cashOf(fills: readonly Execution[]): Decimal {
  return Decimal.sum(0, ...fills.map((fill) => signedQty(fill).times(fill.price)));
}

function emptyAccount(id: string, cash: Decimal): Account {
  return {
    id,
    cash,
    lastEquity: cash,
    date: undefined,
    orders: new Map(),
    open: new Map(),
    clientOrderIds: new Map(),
    positions: new Map(),
    entries: [],
    executions: [],
  };
}
