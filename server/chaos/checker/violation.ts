import type { Evidence } from "./evidence.ts";

/** `clientOrderId`: the order whose story tells more; null where there is none. */
export type Violation = { law: string; what: string; clientOrderId: string | null };

export type Law = (evidence: Evidence, limits: CheckLimits) => Violation[];

export type CheckLimits = {
  /**
   * What is checked right before a POST is checked in the transaction that claims the order; the POST follows the commit.
   * So much of this machine's time may lie between the claim and the arrival of the POST: its time-out and what a busy
   * machine takes. A kill switch or an expiry that falls into it does not call the POST back.
   */
  claimWindowMs: number;
  /** Between the moment that something is looked at and the moment that is noted down for it. */
  claimRecordingMs: number;
};

export const defaultCheckLimits: CheckLimits = { claimWindowMs: 15_000, claimRecordingMs: 500 };

/** For a law's own file: names it once. */
export const violationsOf = (law: string) => {
  const found: Violation[] = [];
  return { found, report: (what: string, clientOrderId: string | null = null): void => void found.push({ law, what, clientOrderId }) };
};
