/** A connection to the questions hub, whoever speaks on it. */
import type { QuestionsHubClient } from "@nod/contract/hub";

export type Told = { method: keyof QuestionsHubClient; seq: number; id: string; content: Readonly<Record<string, unknown>> };

export type HubLine = {
  /** @throws {CallRefused} for what the hub said no to; any other error means that nobody said what became of it */
  invoke(method: "Sync" | "Ack" | "AnswerQuestion", ...args: readonly (string | number)[]): Promise<unknown>;
  /** Resolves when it is over. */
  closed: Promise<void>;
  close(): void;
};

/** The hub took the call and said no to it. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
}

/** What says nothing about the call itself: later, or elsewhere, it may be taken. */
const passing = /\b(?:unavailable|rate_limited):/;

/** The hub's word on a call that failed. */
export const failureOf = (message: string): Error => (passing.test(message) ? new Error(message) : new CallRefused(message));

/** @throws when it cannot be opened */
export type OpenLine = (at: { address: string; token: string; localAddress: string; onTold: (told: Told) => void }) => Promise<HubLine>;

const methods: ReadonlySet<string> = new Set<keyof QuestionsHubClient>(["ReceiveQuestion", "QuestionClosed", "ReceiveTradeUpdate"]);
const isMethod = (name: string): name is keyof QuestionsHubClient => methods.has(name);

/** Null for what is none of the hub's three messages. */
export function toldOf(method: string, content: unknown): Told | null {
  if (!isMethod(method) || !isRecord(content)) return null;
  const { seq, id } = content;
  return typeof seq === "number" && typeof id === "string" ? { method, seq, id, content } : null;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
