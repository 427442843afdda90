import { describe, expect, test } from "vitest";
import { createSubscriptions } from "./stream-subscriptions.ts";

const wishes = (...symbols: string[]) => symbols.map((symbol) => ({ symbol: symbol.replace("*", ""), quoted: symbol.endsWith("*") }));
const channels = (trades: string[], quotes: string[] = []) => ({ trades: new Set(trades), quotes: new Set(quotes), statuses: new Set(trades) });

describe("what is subscribed", () => {
  test("are trades and halts of every symbol, and quotes where somebody reads them", () => {
    const subscriptions = createSubscriptions();
    subscriptions.want(wishes("SPY", "IBM*"));
    expect(subscriptions.next()).toEqual({ action: "subscribe", trades: ["SPY", "IBM"], quotes: ["IBM"], statuses: ["SPY", "IBM"] });
    expect(subscriptions.next()).toBeNull();
    expect(subscriptions.isSettled()).toBe(false);
    subscriptions.confirm(channels(["SPY", "IBM"], ["IBM"]));
    expect(subscriptions.next()).toBeNull();
    expect(subscriptions.isSettled()).toBe(true);
    expect([...subscriptions.confirmed()]).toEqual(["SPY", "IBM"]);
  });

  test("changes one request at a time: what goes makes room for what comes", () => {
    const subscriptions = createSubscriptions();
    subscriptions.want(wishes("SPY", "IBM*"));
    subscriptions.next();
    subscriptions.want(wishes("SPY*", "AIG"));
    expect(subscriptions.next()).toBeNull();
    subscriptions.confirm(channels(["SPY", "IBM"], ["IBM"]));
    expect(subscriptions.next()).toEqual({ action: "unsubscribe", trades: ["IBM"], quotes: ["IBM"], statuses: ["IBM"] });
    subscriptions.confirm(channels(["SPY"]));
    expect(subscriptions.next()).toEqual({ action: "subscribe", trades: ["AIG"], quotes: ["SPY"], statuses: ["AIG"] });
  });

  test("begins anew on a new connection", () => {
    const subscriptions = createSubscriptions();
    subscriptions.want(wishes("SPY"));
    subscriptions.next();
    subscriptions.confirm(channels(["SPY"]));
    subscriptions.forget();
    expect(subscriptions.next()).toMatchObject({ action: "subscribe", trades: ["SPY"] });
  });

  test("shrinks to what a refusing broker takes, the first wishes first, and comes to rest", () => {
    const allowed = 3;
    const subscriptions = createSubscriptions();
    subscriptions.want(wishes("A", "B", "C", "D", "E", "F", "G", "H"));
    let confirmed: string[] = [];
    let requests = 0;
    for (let message = subscriptions.next(); message !== null; message = subscriptions.next()) {
      requests += 1;
      const after = message.action === "subscribe" ? [...confirmed, ...message.trades] : confirmed.filter((symbol) => !message.trades.includes(symbol));
      if (after.length > allowed) subscriptions.refused();
      else subscriptions.confirm(channels((confirmed = after)));
      expect(requests).toBeLessThan(10);
    }
    expect(confirmed).toEqual(["A", "B"]);
  });

  test("is nothing where nothing is allowed, without asking for ever", () => {
    const subscriptions = createSubscriptions();
    subscriptions.want(wishes("A"));
    subscriptions.next();
    subscriptions.refused();
    expect(subscriptions.next()).toBeNull();
  });
});
