/**
 * Where a question, an answer and an order stand in traces. A question's id is 128 bits, as a trace's is, so it is the trace:
 * whoever knows the question, in whatever process and however much later, knows what to continue, and nothing is stored.
 */
import { createHash } from "node:crypto";

/** @param id a UUID. @returns 32 hexadecimal digits (W3C Trace Context, section 3.2.2.3) */
export const traceIdOf = (id: string): string => id.replaceAll("-", "").toLowerCase();

/** The trace of an order: its question's, or its own where nobody was asked. */
export const traceIdOfOrder = (order: { id: string; questionId: string | null }): string => traceIdOf(order.questionId ?? order.id);

/** The one step of that name in the story of `id`. @returns 16 hexadecimal digits, never all zeros in practice (2^-64) */
export const spanIdOf = (step: string, id: string): string => createHash("sha256").update(`${step} ${id}`).digest("hex").slice(0, 16);
