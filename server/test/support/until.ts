import { setTimeout as sleep } from "node:timers/promises";

/** Who takes guards away, to see tests fail, waits in vain often and does not wait so long. */
const patienceMs = Number(process.env["NOD_TEST_PATIENCE_MS"] ?? 60_000);

/** Waits until a condition gives something, and gives that. @throws when it does not within `withinMs` */
export async function until<Result>(what: string, condition: () => Promise<Result | null | undefined | false>, withinMs = patienceMs): Promise<Result> {
  const end = performance.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result !== null && result !== undefined && result !== false) return result;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await sleep(10);
  }
}
