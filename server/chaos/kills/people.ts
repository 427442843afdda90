/** People at the API, who answer whatever they are asked, twice if they feel like it, and mind no outage. */
import type { Pool } from "../../src/db/pool.ts";
import type { Random } from "../random.ts";

type Asked = { id: string; kind: "swipe" | "numeric"; metadata: { order: { ask?: { min: string } } } };

export type Person = {
  /** Answers everything that is open, some of it from two devices at once; `onAsked` right before. */
  answerAll(random: Random, onAsked: () => void): Promise<void>;
};

/** A process that is killed ends every call on it at once. */
const callTimeoutMs = 30_000;

export function createPerson(address: string, uid: string, owner: Pool): Person {
  let token: string | null = null;
  const call = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { "content-type": "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) };
    const response = await fetch(`${address}${path}`, { ...init, headers, signal: AbortSignal.timeout(callTimeoutMs) });
    const body: unknown = await response.json();
    return response.ok ? body : null;
  };
  const signIn = async (): Promise<void> => {
    const session = await call("/v1/dev/session", { method: "POST", body: JSON.stringify({ uid }) });
    if (isSession(session)) token = session.token;
  };

  /** What arrived is noted down: it must be what is stored. */
  const answer = async ({ id, kind, metadata }: Asked, random: Random): Promise<void> => {
    const value = kind === "swipe" ? random.weighted([[6, 10], [1, -10], [1, 2]]) : Number(metadata.order.ask?.min ?? 1);
    const result = await call(`/v1/me/questions/${id}/answer`, { method: "POST", body: JSON.stringify({ answer: value }) });
    if (result === null) return;
    await owner.query("insert into chaos.replies (firebase_uid, question_id, value, kind, result) values ($1, $2, $3, 'answered', $4)", [uid, id, value, JSON.stringify(result)]);
  };

  return {
    answerAll: async (random, onAsked) => {
      if (token === null) await signIn().catch(() => undefined);
      const page = await call("/v1/me/questions?status=open").catch(() => null);
      const questions = questionsOf(page);
      if (questions.length > 0) onAsked();
      const answers = questions.flatMap((question, index) => [answer(question, random.fork(`${index} a`)), ...(random.chance(0.3) ? [answer(question, random.fork(`${index} b`))] : [])]);
      await Promise.allSettled(answers);
    },
  };
}

const isSession = (body: unknown): body is { token: string } => typeof body === "object" && body !== null && "token" in body && typeof body.token === "string";

function questionsOf(page: unknown): Asked[] {
  if (typeof page !== "object" || page === null || !("questions" in page) || !Array.isArray(page.questions)) return [];
  return page.questions.filter(isAsked);
}

const isAsked = (value: unknown): value is Asked => typeof value === "object" && value !== null && "id" in value && "kind" in value && "metadata" in value;
