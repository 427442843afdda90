/** Circles in a graph. */

/**
 * @param arrows who points at whom
 * @returns for each group that can reach itself, one shortest circle through it, such as `["a", "b", "a"]`
 */
export function findCycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const inReportedCircle = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...arrows.keys()].toSorted()) {
    if (inReportedCircle.has(start)) continue;
    const cycle = shortestWayBack(start, arrows);
    if (cycle === undefined) continue;
    for (const member of cycle) inReportedCircle.add(member);
    cycles.push(cycle);
  }
  return cycles;
}

function shortestWayBack(start: string, arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const next of arrows.get(node) ?? []) {
      if (next === start) return [...pathTo(node, cameFrom), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end];
  for (let node = cameFrom.get(end); node !== undefined; node = cameFrom.get(node)) path.unshift(node);
  return path;
}
