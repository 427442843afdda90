import { streaming } from "@alpacahq/alpaca-trade-api";
import { price, quantity } from "../core/decimal.ts";
import type { BrokerEvent, Execution, TradeStreamPort } from "../trading/ports.ts";
import { brokerOrderOf } from "./order-mapping.ts";
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
  return { event: update.event, order: brokerOrderOf(update.order), execution: executionOf(update, at), at };
}

function executionOf(update: streaming.TradeUpdate, at: Date): Execution | null {
  if (!update.executionId || !update.price || !update.qty) return null;
  return { executionId: update.executionId, qty: quantity(update.qty), price: price(update.price), executedAt: at };
}
