import { streaming } from "@alpacahq/alpaca-trade-api";
import { price, quantity } from "../core/decimal.ts";
import type { Amendment, BrokerEvent, Execution, TradeStreamPort } from "../trading/ports.ts";
import { brokerOrderOf, NonsenseError } from "./order-mapping.ts";
import type { AlpacaSettings } from "./settings.ts";

/** The SDK stops for good after refused credentials; we look again, slowly. */
const restartAfterFinalCloseMs = 30_000;

/**
 * The account's `trade_updates`. `onConnected` is called when the broker has confirmed that it sends them, on every
 * connection: whatever happened before that must be reconciled.
 */
export function createAlpacaTradeStream(settings: AlpacaSettings): TradeStreamPort {
  return {
    start(handlers) {
      const stream = new streaming.TradingStream({
        credentials: { keyId: settings.keyId, secret: settings.secretKey },
        url: settings.tradingStreamUrl,
        maxReconnectAttempts: streaming.UNLIMITED_RECONNECT_ATTEMPTS,
        maxReconnectMs: 30_000,
      });
      let stopped = false;
      let lastError = "closed";
      let restart: NodeJS.Timeout | undefined;

      stream.on(streaming.EVENT.CLIENT_ERROR, (reason: string) => {
        lastError = reason;
      });
      stream.on(streaming.EVENT.SUBSCRIPTION, () => {
        handlers.onConnected();
      });
      stream.on(streaming.STATE.DISCONNECTED, () => {
        if (stopped) return;
        handlers.onDisconnected(lastError);
        clearTimeout(restart);
        // While the SDK reconnects by itself, `connect` does nothing.
        restart = setTimeout(() => {
          if (!stopped && stream.getState() === streaming.STATE.DISCONNECTED) stream.connect();
        }, restartAfterFinalCloseMs);
      });
      stream.onTradeUpdate((update) => {
        handlers.onEvent(brokerEventOf(update));
      });
      stream.subscribeTradeUpdates();
      stream.connect();

      return {
        stop() {
          stopped = true;
          clearTimeout(restart);
          stream.disconnect();
          return Promise.resolve();
        },
      };
    },
  };
}

/** @throws NonsenseError, NotADecimalError; the SDK logs and goes on, and reconciliation finds what it said. */
function brokerEventOf(update: streaming.TradeUpdate): BrokerEvent {
  const at = update.timestamp ?? new Date();
  const amendment = amendmentOf(update, at);
  const order = brokerOrderOf(update.order);
  return amendment === null ? { event: update.event, order, execution: executionOf(update, at), at } : { event: update.event, order, execution: null, amendment, at };
}

/**
 * A bust or a correction has an execution id of its own and names the one that it is about as `previous_execution_id`, which
 * the SDK hands on untyped.
 */
function amendmentOf(update: streaming.TradeUpdate, executedAt: Date): Amendment | null {
  if (!update.executionId) return null;
  const previous: unknown = update["previous_execution_id"];
  const named = { executionId: update.executionId, previousExecutionId: typeof previous === "string" && previous !== "" ? previous : null, executedAt };
  const amounts = update.price && update.qty ? { qty: quantity(update.qty), price: price(update.price) } : null;
  if (update.event === "trade_bust") return { ...named, kind: "trade_bust", was: amounts };
  if (update.event !== "trade_correct") return null;
  if (amounts === null) throw new NonsenseError("a correction does not say what holds instead");
  return { ...named, kind: "trade_correct", ...amounts };
}

function executionOf(update: streaming.TradeUpdate, at: Date): Execution | null {
  if (!update.executionId || !update.price || !update.qty) return null;
  return { executionId: update.executionId, qty: quantity(update.qty), price: price(update.price), executedAt: at };
}
