import { add, averagePriceOf, zeroQuantity, type Price, type Quantity } from "../../core/decimal.ts";

/** An execution as it was first told. */
export type KnownExecution = { executionId: string; qty: Quantity; price: Price };

/** What was said of an execution afterwards; `about` is that execution's id, or the id of an earlier correction of it. */
export type KnownAmendment = { executionId: string; about: string | null; restated: { qty: Quantity; price: Price } | null; at: Date };

export type Executed = { qty: Quantity; avgPrice: Price | null };

/**
 * The executions that count, each by the last word on it. Pure, and the same in whatever order the words arrived: a bust may
 * be known before its execution is, which then never counts; a correction of one that is not known yet counts at once.
 */
export function executionsInForce(fills: readonly KnownExecution[], amendments: readonly KnownAmendment[]): KnownExecution[] {
  const fillIds = new Set(fills.map(({ executionId }) => executionId));
  const byId = new Map(amendments.map((amendment) => [amendment.executionId, amendment]));
  const lastWords = new Map<string, KnownAmendment>();
  for (const amendment of amendments) {
    const root = rootOf(amendment, fillIds, byId);
    if (root === null) continue;
    const before = lastWords.get(root);
    if (before === undefined || isLater(amendment, before, byId)) lastWords.set(root, amendment);
  }
  const counted = fills.flatMap((fill): KnownExecution[] => {
    const last = lastWords.get(fill.executionId);
    if (last === undefined) return [fill];
    return last.restated === null ? [] : [{ executionId: last.executionId, ...last.restated }];
  });
  const ahead = [...lastWords].flatMap(([root, last]): KnownExecution[] =>
    fillIds.has(root) || last.restated === null ? [] : [{ executionId: last.executionId, ...last.restated }],
  );
  return [...counted, ...ahead];
}

/** Added up; the average is by quantity, and null where nothing counts. Pure. */
export function executedIn(inForce: readonly KnownExecution[]): Executed {
  return { qty: inForce.reduce((total, { qty }) => add(total, qty), zeroQuantity), avgPrice: inForce.length === 0 ? null : averagePriceOf(inForce) };
}

/** The execution at the beginning of a chain of corrections; the furthest that is known. Null: it is about none that was named, or goes in a circle. */
function rootOf(amendment: KnownAmendment, fillIds: ReadonlySet<string>, byId: ReadonlyMap<string, KnownAmendment>): string | null {
  let root = amendment.about;
  const seen = new Set([amendment.executionId]);
  while (root !== null && !fillIds.has(root)) {
    if (seen.has(root)) return null;
    seen.add(root);
    const earlier = byId.get(root);
    if (earlier === undefined) return root;
    root = earlier.about;
  }
  return root;
}

/** One that is about the other comes after it, whatever the clocks say; otherwise time decides, and then a bust. */
function isLater(a: KnownAmendment, b: KnownAmendment, byId: ReadonlyMap<string, KnownAmendment>): boolean {
  if (follows(a, b, byId)) return true;
  if (follows(b, a, byId)) return false;
  if (a.at.getTime() !== b.at.getTime()) return a.at > b.at;
  if ((a.restated === null) !== (b.restated === null)) return a.restated === null;
  return a.executionId > b.executionId;
}

function follows(later: KnownAmendment, earlier: KnownAmendment, byId: ReadonlyMap<string, KnownAmendment>): boolean {
  const seen = new Set<string>();
  for (let at: KnownAmendment | undefined = later; at !== undefined && !seen.has(at.executionId); at = at.about === null ? undefined : byId.get(at.about)) {
    if (at !== later && at.executionId === earlier.executionId) return true;
    seen.add(at.executionId);
  }
  return false;
}
