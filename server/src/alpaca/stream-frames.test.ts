import { describe, expect, test } from "vitest";
import { readFrames } from "./stream-frames.ts";

const source = { feed: "iex", assetClass: "us_equity" } as const;
const read = (...frames: unknown[]) => readFrames(JSON.stringify(frames), source);

describe("a message of the stream", () => {
  test("brings trades and both sides of a quote as facts, to the last digit that was sent", () => {
    const asOf = new Date("2026-03-04T15:00:00.123Z");
    expect(read({ T: "t", S: "SPY", p: 410.1234, s: 100, t: "2026-03-04T15:00:00.123456789Z" }, { T: "q", S: "SPY", bp: 410.1, bs: 3, ap: 0, as: 0, t: "2026-03-04T15:00:00.123456789Z" })).toEqual([
      { kind: "facts", facts: [{ ...source, symbol: "SPY", metric: "last_trade", price: "410.1234", volume: "100", asOf, tradingDay: null }] },
      { kind: "facts", facts: [{ ...source, symbol: "SPY", metric: "bid", price: "410.1", volume: "3", asOf, tradingDay: null }] },
    ]);
  });

  test("tells of halts and their ends by the codes of either tape, and of nothing by the others", () => {
    const said = (sc: string) => read({ T: "s", S: "SPY", sc, t: "2026-03-04T15:00:00Z" })?.[0];
    for (const code of ["2", "H", "P"]) expect(said(code)).toMatchObject({ kind: "halt", word: { symbol: "SPY", isHalted: true } });
    for (const code of ["3", "T"]) expect(said(code)).toMatchObject({ kind: "halt", word: { symbol: "SPY", isHalted: false } });
    for (const code of ["5", "E", "Q", "F"]) expect(said(code)).toEqual({ kind: "nothing" });
  });

  test("says what it is that went wrong, with its code", () => {
    expect(read({ T: "error", code: 405, msg: "symbol limit exceeded" })).toEqual([{ kind: "error", code: 405, message: "symbol limit exceeded" }]);
  });

  test("that is nonsense is no fact", () => {
    const frames = [null, 3, { T: "t" }, { T: "t", S: "SPY", p: "1", t: "2026-03-04T15:00:00Z" }, { T: "t", S: "SPY", p: 1e-12, t: "2026-03-04T15:00:00Z" }, { T: "t", S: "SPY", p: 5, t: "soon" }, { T: "z" }];
    expect(read(...frames)?.flatMap((frame) => (frame.kind === "facts" ? frame.facts : []))).toEqual([]);
    for (const text of ["", "{}", "[", "3"]) expect(readFrames(text, source)).toBeNull();
  });
});
