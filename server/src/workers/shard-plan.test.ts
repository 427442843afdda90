import { describe, expect, test } from "vitest";
import { fairShares, mayOwn, planShards, type LiveWorker } from "./shard-plan.ts";

const worker = (id: string, shards = 4): LiveWorker => ({ id, shards });

/** Lets all workers look and act again and again, as their processes do, until nobody changes anything. */
function settle(live: readonly LiveWorker[], shards: number, owned: Record<string, number[]>): Record<string, number[]> {
  const has = new Map(live.map(({ id }) => [id, new Set(owned[id] ?? [])]));
  for (let round = 0; round < 10; round += 1) {
    for (const { id } of live) {
      const owners = new Map([...has].flatMap(([owner, held]) => [...held].map((shard): [number, string] => [shard, owner])));
      const mine = has.get(id) ?? new Set();
      const plan = planShards({ me: id, live, shards, owners, running: mine });
      for (const shard of plan.stop) mine.delete(shard);
      for (const shard of plan.start) if (!owners.has(shard)) mine.add(shard);
    }
  }
  return Object.fromEntries([...has].map(([id, held]) => [id, [...held].toSorted((a, b) => a - b)]));
}

describe("a fair share", () => {
  test.each([
    [4, 1, [4]],
    [4, 2, [2, 2]],
    [4, 3, [2, 1, 1]],
    [64, 3, [22, 21, 21]],
    [2, 3, [1, 1, 0]],
  ])("of %d shards among %d workers is %j", (shards, workers, shares) => {
    expect(fairShares(shards, workers)).toEqual(shares);
  });

  test("is reached from any beginning, with every shard in one hand", () => {
    for (let shards = 1; shards <= 12; shards += 1) {
      for (let workers = 1; workers <= 5; workers += 1) {
        const live = Array.from({ length: workers }, (_, n) => worker(`w${n}`, shards));
        const all = Array.from({ length: shards }, (_, n) => n);
        const owned = settle(live, shards, { [`w${shards % workers}`]: all });
        expect(Object.values(owned).flat().toSorted((a, b) => a - b)).toEqual(all);
        expect(Object.values(owned).map((held) => held.length)).toEqual(fairShares(shards, workers));
      }
    }
  });
});

describe("rebalancing", () => {
  test("a joiner gets its share, and those who were there keep what they may", () => {
    expect(settle([worker("old"), worker("new")], 4, { old: [0, 1, 2, 3] })).toEqual({ old: [0, 1], new: [2, 3] });
  });

  test("what a leaver had goes to those who stay, and they keep what they have", () => {
    expect(settle([worker("a"), worker("c")], 4, { a: [0, 1], c: [3] })).toEqual({ a: [0, 1], c: [2, 3] });
  });

  test("nothing is taken from one who has it, even if he has too much", () => {
    expect(planShards({ me: "new", live: [worker("old"), worker("new")], shards: 4, owners: new Map([0, 1, 2, 3].map((shard) => [shard, "old"])), running: new Set() })).toEqual({ start: [], stop: [] });
  });

  test("a shard that passed on is let go, whatever the share", () => {
    expect(planShards({ me: "a", live: [worker("a"), worker("b")], shards: 4, owners: new Map([[0, "b"], [1, "a"]]), running: new Set([0, 1]) })).toEqual({ start: [2], stop: [0] });
  });

  test("who is not known to live takes nothing and lets everything go", () => {
    expect(planShards({ me: "a", live: [worker("b")], shards: 4, owners: new Map([[0, "a"]]), running: new Set([0]) })).toEqual({ start: [], stop: [0] });
  });
});

describe("workers that spread users differently", () => {
  test("do not work side by side: those who joined first go on, the others wait", () => {
    const live = [worker("old", 1), worker("new", 4)];
    expect(mayOwn("old", live)).toBe(true);
    expect(mayOwn("new", live)).toBe(false);
    expect(planShards({ me: "new", live, shards: 4, owners: new Map(), running: new Set([3]) })).toEqual({ start: [], stop: [3] });
    expect(mayOwn("new", [worker("new", 4)])).toBe(true);
  });
});
