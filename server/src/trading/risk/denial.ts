import type { DenialCode } from "@nod/contract/denial";

/** Why nothing may be sent, with the limits as they were seen. `because` completes "No order was sent: …". */
export type Denial = { code: DenialCode; because: string; limits: Readonly<Record<string, unknown>> };

export const messageOf = (denial: Denial): string => `No order was sent: ${denial.because}.`;
