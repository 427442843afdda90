import { isJsonObject, memberOf, toPointer, type DocumentPath } from "@nod/contract/json-pointer";
import type { ProblemError } from "@nod/contract/problem";
import { limits } from "@nod/contract/trading-config";

/** A condition of the greatest depth stands three levels down and takes at most two for each of its own; deeper is not a config. */
const maxDepth = 24;
/** 200 rules with a condition of 60 nodes each, 20 inputs with 30 symbols each and a blocklist of 500 stay below it. */
const maxValues = 50_000;
const maxFaults = 20;

/** Keys that mean something to JavaScript objects. No config needs one. */
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Refuses what should not even reach the schema: documents that are too large or too deep to be worth looking at, keys that
 * poison objects, numbers that JSON cannot carry. Time is proportional to what is looked at, never to what was sent.
 */
export function screenDocument(document: unknown): ProblemError[] {
  if (!isJsonObject(document)) return [{ pointer: "", message: "must be an object" }];
  const tooLong = [tooManyEntries(document, "rules", limits.rules), tooManyEntries(document, "data_inputs", limits.dataInputs)];
  const sizeFaults = tooLong.filter((fault) => fault !== null);
  return sizeFaults.length > 0 ? sizeFaults : screenValues(document);
}

function tooManyEntries(document: unknown, list: string, limit: number): ProblemError | null {
  const entries = memberOf(document, list);
  if (!Array.isArray(entries) || entries.length <= limit) return null;
  return { pointer: `/${list}`, message: `must NOT have more than ${limit} items, and has ${entries.length}` };
}

function screenValues(document: unknown): ProblemError[] {
  const faults: ProblemError[] = [];
  const waiting: { value: unknown; path: DocumentPath }[] = [{ value: document, path: [] }];
  let looked = 0;
  for (let next = waiting.pop(); next !== undefined && faults.length < maxFaults; next = waiting.pop()) {
    const { value, path } = next;
    looked += 1;
    if (looked > maxValues) return [{ pointer: "", message: `must NOT hold more than ${maxValues} values` }];
    if (path.length > maxDepth) return [{ pointer: toPointer(path), message: `must NOT be nested deeper than ${maxDepth} levels` }];
    if (typeof value === "number" && !Number.isFinite(value)) faults.push({ pointer: toPointer(path), message: "must be a finite number" });
    if (typeof value !== "object" || value === null) continue;
    if (waiting.length + Object.keys(value).length > maxValues) return [{ pointer: toPointer(path), message: `must NOT hold more than ${maxValues} values` }];
    for (const [key, member] of Object.entries(value)) {
      if (forbiddenKeys.has(key)) faults.push({ pointer: toPointer([...path, key]), message: "is not a known key" });
      else waiting.push({ value: member, path: [...path, key] });
    }
  }
  return faults;
}
