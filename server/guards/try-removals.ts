/** Takes guards away one after the other and looks whether a test misses them. */
import { describeSubject, type Proof, type Removal } from "./removal.ts";
import { createScratchTree, type ScratchTree } from "./scratch-tree.ts";
import { openTestSession, type SessionSettings, type TestSession } from "./test-session.ts";
import type { Verdict } from "./verdict.ts";

export type Tried = { removal: Removal; verdict: Verdict; seconds: number };

export type TrySettings = {
  /** The repository, which is only read. */
  root: string;
  environment: SessionSettings["environment"];
  /** So many removals are tried at once, each in a copy of its own. */
  atOnce: number;
  signal: AbortSignal;
  onBaseline: (baseline: { tests: number; seconds: number }) => void;
  onTried: (tried: Tried) => void;
};

/** Tests that take longer have proven nothing. */
const timeoutMs = 240_000;
const baselineTimeoutMs = 1_200_000;

/** The tests are red already with every guard in place. */
export class BaselineNotGreen extends Error {
  override readonly name = "BaselineNotGreen";
}

type Desk = { tree: ScratchTree; session: TestSession };

/** @throws {BaselineNotGreen}, and when a removal's text does not stand exactly once in its file */
export async function tryRemovals(removals: readonly Removal[], settings: TrySettings): Promise<Tried[]> {
  const desks: Desk[] = [];
  try {
    for (let n = 0; n < settings.atOnce; n += 1) {
      const tree = await createScratchTree(settings.root);
      desks.push({ tree, session: openTestSession({ folder: tree.folder, environment: settings.environment, workers: 1, signal: settings.signal }) });
    }
    const began = performance.now();
    const counts = await Promise.all(desks.map(({ session }, n) => runBaseline(session, filesOfDesk(removals, n, desks.length))));
    settings.onBaseline({ tests: counts.reduce((sum, count) => sum + count, 0), seconds: secondsSince(began) });

    // Those that need a new database come last.
    const waiting = removals.toSorted((a, b) => Number(changesTheDatabase(a)) - Number(changesTheDatabase(b)));
    const tried: Tried[] = [];
    await Promise.all(
      desks.map(async (desk) => {
        for (let removal = waiting.shift(); removal !== undefined && !settings.signal.aborted; removal = waiting.shift()) {
          const startedAt = performance.now();
          const verdict = await tryOne(desk, removal);
          if (settings.signal.aborted) return;
          const done = { removal, verdict, seconds: secondsSince(startedAt) };
          tried.push(done);
          settings.onTried(done);
        }
      }),
    );
    settings.signal.throwIfAborted();
    return tried;
  } finally {
    await Promise.all(desks.map(({ session }) => session.end()));
    await Promise.all(desks.map(({ tree }) => tree.remove()));
  }
}

/** The migrations are applied once, when a vitest begins. */
const changesTheDatabase = ({ file }: Removal): boolean => file.startsWith("server/migrations/");

async function tryOne({ tree, session }: Desk, removal: Removal): Promise<Verdict> {
  if (changesTheDatabase(removal)) await session.renew();
  try {
    return await tree.without(removal, () => session.run(removal.tests, { changed: removal.file, timeoutMs }));
  } finally {
    if (changesTheDatabase(removal)) await session.renew();
  }
}

type Group = readonly Proof[];

/** Every nth file, so that all of them together have seen each once: what is named within them, and what is meant whole. */
function filesOfDesk(removals: readonly Removal[], n: number, desks: number): Group[] {
  const proofs = removals.flatMap(({ tests }) => tests);
  const whole = new Set(proofs.filter(({ named }) => named === undefined).map(({ file }) => file));
  const mine = new Set([...new Set(proofs.map(({ file }) => file))].filter((_file, index) => index % desks === n));
  return [proofs.filter(({ file }) => mine.has(file) && !whole.has(file)), [...whole].filter((file) => mine.has(file)).map((file) => ({ file }))];
}

/** Gives how many tests there are. */
async function runBaseline(session: TestSession, groups: readonly Group[]): Promise<number> {
  let tests = 0;
  for (const group of groups) {
    if (group.length === 0) continue;
    const verdict = await session.run(group, { changed: null, timeoutMs: baselineTimeoutMs });
    if (verdict.kind === "red") throw new BaselineNotGreen(`with every guard in place a test is red already: ${verdict.test}`);
    if (verdict.kind === "no_proof") throw new BaselineNotGreen(`with every guard in place the tests do not run: ${verdict.why}`);
    tests += verdict.tests;
  }
  return tests;
}

export function describeTried({ removal, verdict, seconds }: Tried): string {
  const what = `${describeSubject(removal.of)}: ${removal.name} (${seconds.toFixed(1)} s)`;
  if (verdict.kind === "red") return `✓ ${what}\n    missed by: ${verdict.test}`;
  return verdict.kind === "green" ? `✗ ${what}\n    nobody misses it: ${removal.tests.map(({ file }) => file).join(", ")}` : `✗ ${what}\n    nothing is proven: ${verdict.why}`;
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1_000;
