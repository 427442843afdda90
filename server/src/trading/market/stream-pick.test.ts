import { expect, test } from "vitest";
import { pickStreamed } from "./stream-pick.ts";

const candidate = (symbol: string, rules: number, quoted = false) => ({ symbol, rules, quoted });
const symbols = (...args: Parameters<typeof pickStreamed>): string[] => pickStreamed(...args).map(({ symbol }) => symbol);

test("the symbols with the most rules get the places, the first by the alphabet among equals", () => {
  expect(symbols([candidate("MSFT", 2), candidate("SPY", 9), candidate("AAPL", 2), candidate("BRK.B", 2), candidate("IBM", 0)], 3)).toEqual(["SPY", "AAPL", "BRK.B"]);
});

test("there are thirty places, and one rule more is enough to take one", () => {
  const watched = Array.from({ length: 40 }, (_, n) => candidate(`S${String(n).padStart(2, "0")}`, 1));
  expect(symbols(watched)).toEqual(watched.slice(0, 30).map(({ symbol }) => symbol));
  expect(symbols([...watched, candidate("Z", 2, true)])).toEqual(["Z", ...watched.slice(0, 29).map(({ symbol }) => symbol)]);
  expect(pickStreamed([...watched, candidate("Z", 2, true)])[0]).toEqual({ symbol: "Z", quoted: true });
});
