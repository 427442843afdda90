/** A connection to the questions hub, whoever speaks on it. */
import type { QuestionsHubClient } from "@nod/contract/hub";

export type Told = { method: keyof QuestionsHubClient; seq: number; id: string; content: Readonly<Record<string, unknown>> };

export type HubLine = {
  /** @throws {CallRefused} for what the hub said no to; any other error means that there was no reply */
  invoke(method: "Sync" | "Ack" | "AnswerQuestion", ...args: readonly (string | number)[]): Promise<unknown>;
  /** Resolves when it is over. */
  closed: Promise<void>;
  close(): void;
};

/** The hub took the call and refused it. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
}

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
