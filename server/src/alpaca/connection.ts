import { marketData, trading } from "@alpacahq/alpaca-trade-api";
import { createRequestBudget, type CallUrgency, type RequestBudget } from "./request-budget.ts";
import type { AlpacaSettings } from "./settings.ts";

type Host = { budget: RequestBudget };

/** The generated layer of the SDK: no retry and no limiter of its own, and a base path that can be set. */
export type AlpacaConnection = {
  orders: trading.OrdersApi;
  account: trading.AccountsApi;
  positions: trading.PositionsApi;
  activities: trading.AccountActivitiesApi;
  clock: trading.ClockApi;
  calendar: trading.CalendarApi;
  assets: trading.AssetsApi;
  stocks: marketData.StockApi;
  crypto: marketData.CryptoApi;
  corporateActions: marketData.CorporateActionsApi;
  trading: Host;
  data: Host;
  requestTimeoutMs: number;
};

const withoutTrailingSlash = (url: string): string => url.replace(/\/+$/, "");

export function connectToAlpaca(settings: AlpacaSettings): AlpacaConnection {
  const credentials = { keyId: settings.keyId, secret: settings.secretKey, timeoutMs: settings.requestTimeoutMs };
  const tradingConfiguration = new trading.Configuration({ ...credentials, basePath: withoutTrailingSlash(settings.tradingBaseUrl) });
  const dataConfiguration = new marketData.Configuration({
    ...credentials,
    basePath: withoutTrailingSlash(settings.dataBaseUrl),
    // The SDK sends no keys for crypto; with them the account's own rate limit applies instead of the shared one.
    headers: { "APCA-API-KEY-ID": settings.keyId, "APCA-API-SECRET-KEY": settings.secretKey },
  });
  return {
    orders: new trading.OrdersApi(tradingConfiguration),
    account: new trading.AccountsApi(tradingConfiguration),
    positions: new trading.PositionsApi(tradingConfiguration),
    activities: new trading.AccountActivitiesApi(tradingConfiguration),
    clock: new trading.ClockApi(tradingConfiguration),
    calendar: new trading.CalendarApi(tradingConfiguration),
    assets: new trading.AssetsApi(tradingConfiguration),
    stocks: new marketData.StockApi(dataConfiguration),
    crypto: new marketData.CryptoApi(dataConfiguration),
    corporateActions: new marketData.CorporateActionsApi(dataConfiguration),
    trading: { budget: createRequestBudget(settings.requestsPerMinute) },
    data: { budget: createRequestBudget(settings.requestsPerMinute) },
    requestTimeoutMs: settings.requestTimeoutMs,
  };
}

/** Spends one call of the host's budget; the caller's signal ends both the waiting and the call. */
export function callAlpaca<T>(host: Host, urgency: CallUrgency, signal: AbortSignal, call: (init: { signal: AbortSignal }) => Promise<T>): Promise<T> {
  return host.budget.spend(urgency, signal, () => call({ signal }));
}
