import { setTimeout as sleep } from "node:timers/promises";
import type { Turnstile } from "./mortal-pool.ts";

/** After this long the clock jumps in the middle of whatever hangs. A busy machine is no hang: no transaction takes so long on one. */
const patienceMs = 20_000;

export type JumpTurnstile = Turnstile & {
  /** Runs `jump` while nobody is in a transaction, and lets nobody begin one meanwhile. One jump after the other. */
  whileQuiet(jump: () => Promise<void>): Promise<void>;
};

export function createTurnstile(): JumpTurnstile {
  const inside = { count: 0 };
  let jumping: Promise<void> = Promise.resolve();
  let last: Promise<void> = Promise.resolve();
  return {
    enter: async () => {
      await jumping;
      inside.count += 1;
    },
    leave: () => {
      inside.count -= 1;
    },
    whileQuiet: (jump) => {
      const mine = last.then(async () => {
        const givesUpAt = process.hrtime.bigint() + BigInt(patienceMs) * 1_000_000n;
        while (inside.count > 0 && process.hrtime.bigint() < givesUpAt) await sleep(1);
        jumping = jump();
        await jumping;
      });
      last = mine;
      return mine;
    },
  };
}
