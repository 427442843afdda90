import { compareDecimals } from "../money/decimal-text.ts";

/** How long a deliberate approval is held. */
export const holdMs = 800;

/**
 * Whether approving takes a deliberate hold: always with real money, and on paper for more than the person said. An amount
 * that is not known counts as more.
 */
export function needsHold(mode: "paper" | "live", notionalUsd: string | null, holdAboveUsd: string | null): boolean {
  if (mode === "live") return true;
  if (holdAboveUsd === null) return false;
  return notionalUsd === null || compareDecimals(notionalUsd, holdAboveUsd) > 0;
}
