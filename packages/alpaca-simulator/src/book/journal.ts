import { closeSync, existsSync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Ledger } from "./ledger.ts";
import type { BookRecord } from "./records.ts";

/** Where the book is kept. */
export type Journal = {
  /** Writes the records and applies them. From here on they survive the end of the process. */
  commit: (records: readonly BookRecord[]) => void;
  /** Makes everything committed survive the end of the machine too; costs nothing when nothing is new. */
  sync: () => void;
  close: () => void;
};

/** A book that lives as long as the process. */
export function memoryJournal(ledger: Ledger): Journal {
  return {
    commit: (records) => {
      for (const record of records) ledger.apply(record);
    },
    sync: () => undefined,
    close: () => undefined,
  };
}

/**
 * An append-only file: one line of JSON per commit, so that a commit is there whole or not at
 * all. What an earlier process wrote is applied first; a last line without its newline (the
 * process was killed while writing, so nobody was answered) is cut off.
 */
export function fileJournal(path: string, ledger: Ledger): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  for (const [index, line] of bytes.subarray(0, whole).toString("utf8").split("\n").entries()) {
    if (line === "") continue;
    for (const record of parseLine(line, path, index + 1)) ledger.apply(record);
  }
  const file = openSync(path, "a");
  if (whole < bytes.length) ftruncateSync(file, whole);
  let synced = true;
  const sync = (): void => {
    if (!synced) fdatasyncSync(file);
    synced = true;
  };
  return {
    commit: (records) => {
      writeAll(file, Buffer.from(`${JSON.stringify(records)}\n`, "utf8"));
      synced = false;
      for (const record of records) ledger.apply(record);
    },
    sync,
    close: () => {
      sync();
      closeSync(file);
    },
  };
}

function parseLine(line: string, path: string, number: number): BookRecord[] {
  try {
    const records: unknown = JSON.parse(line);
    if (!isCommit(records)) throw new TypeError("expected an array of records");
    return records;
  } catch (cause) {
    throw new Error(`${path}:${number} is not a line of the simulator's journal`, { cause });
  }
}

/** Whether a line is a commit of ours. Its records are trusted: nobody else writes this file. */
function isCommit(value: unknown): value is BookRecord[] {
  return Array.isArray(value) && value.every((entry: unknown) => typeof entry === "object" && entry !== null && "record" in entry);
}

function writeAll(file: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
