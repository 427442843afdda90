import { seededUuid } from "../seeded.ts";

/** An asset as `/v2/assets` writes it. */
export type Asset = {
  id: string;
  class: "us_equity" | "crypto";
  exchange: string;
  symbol: string;
  name: string;
  status: "active" | "inactive";
  tradable: boolean;
  marginable: boolean;
  maintenance_margin_requirement: number;
  shortable: boolean;
  easy_to_borrow: boolean;
  fractionable: boolean;
  attributes: string[];
  min_order_size?: string;
  min_trade_increment?: string;
  price_increment?: string;
};

const LISTED: Readonly<Record<string, readonly [exchange: string, name: string]>> = {
  AAPL: ["NASDAQ", "Apple Inc. Common Stock"],
  AIG: ["NYSE", "American International Group, Inc."],
  BAC: ["NYSE", "Bank of America Corporation"],
  IBM: ["NYSE", "International Business Machines Corporation"],
  IWM: ["ARCA", "iShares Russell 2000 ETF"],
  QQQ: ["NASDAQ", "Invesco QQQ Trust, Series 1"],
  SPY: ["ARCA", "SPDR S&P 500 ETF Trust"],
};

/** The assets that can be traded here; tests may change each one's rules. */
export class AssetList {
  readonly #assets = new Map<string, Asset>();

  constructor(stocks: readonly string[], crypto: readonly string[]) {
    for (const symbol of stocks) this.#assets.set(symbol, stock(symbol));
    for (const symbol of crypto) this.#assets.set(symbol, coin(symbol));
  }

  /** By symbol (`BTCUSD` finds `BTC/USD`, as position look-ups write it) or by id. */
  find(symbolOrId: string): Asset | undefined {
    const direct = this.#assets.get(symbolOrId);
    if (direct !== undefined) return direct;
    return this.all().find((asset) => asset.id === symbolOrId || asset.symbol.replace("/", "") === symbolOrId);
  }

  all(): Asset[] {
    return [...this.#assets.values()];
  }

  /** Changes some properties of an asset, for example `{ fractionable: false }`. */
  change(symbol: string, changes: Partial<Omit<Asset, "symbol" | "id">>): void {
    const asset = this.#assets.get(symbol);
    if (asset === undefined) throw new RangeError(`no asset ${symbol}`);
    this.#assets.set(symbol, { ...asset, ...changes });
  }
}

function stock(symbol: string): Asset {
  const [exchange, name] = LISTED[symbol] ?? ["NYSE", symbol];
  return {
    id: seededUuid("asset", symbol),
    class: "us_equity",
    exchange,
    symbol,
    name,
    status: "active",
    tradable: true,
    marginable: true,
    maintenance_margin_requirement: 30,
    shortable: true,
    easy_to_borrow: true,
    fractionable: true,
    attributes: ["fractional_eh_enabled"],
  };
}

function coin(symbol: string): Asset {
  return {
    ...stock(symbol),
    class: "crypto",
    exchange: "CRYPTO",
    name: symbol,
    marginable: false,
    maintenance_margin_requirement: 100,
    shortable: false,
    easy_to_borrow: false,
    attributes: [],
    min_order_size: "0.000000002",
    min_trade_increment: "0.000000001",
    price_increment: "0.01",
  };
}
