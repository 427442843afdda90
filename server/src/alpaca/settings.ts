export type AlpacaSettings = {
  keyId: string;
  secretKey: string;
  tradingBaseUrl: string;
  dataBaseUrl: string;
  tradingStreamUrl: string;
  /** Calls per minute and host that the account's plan allows; 200 on the free one. */
  requestsPerMinute: number;
  /** A call that has not answered after this long is given up; a POST's outcome is then unknown. */
  requestTimeoutMs: number;
};

export type BrokerEnvironment = "paper" | "live";

const paperHosts: ReadonlySet<string> = new Set(["paper-api.alpaca.markets", "127.0.0.1", "localhost", "[::1]"]);

/** A host that is not known to be paper is live: the mistake that costs nothing is the one to make. */
export function brokerEnvironmentOf(tradingBaseUrl: string): BrokerEnvironment {
  return paperHosts.has(new URL(tradingBaseUrl).hostname) ? "paper" : "live";
}
