/** A person at the API of a whole process, as curl would be. */
import type { OrdersPage } from "@nod/contract/order";
import type { AnswerResult, Question, QuestionsPage } from "@nod/contract/question";
import { expect, vi } from "vitest";
import type { NodProcess } from "./nod-process.ts";

/** Whole processes and databases start, on a machine that may be busy with other tests. */
export const patience = { timeout: 240_000, interval: 100 };

/** A connection for each call: one that was kept can be closed by the server in the moment in which a call is sent on it. */
const unkept = { connection: "close" };

export async function signIn(nod: Pick<NodProcess, "address">, uid: string) {
  const session = await fetch(`${nod.address}/v1/dev/session`, { method: "POST", headers: { ...unkept, "content-type": "application/json" }, body: JSON.stringify({ uid }) });
  const { token } = (await session.json()) as { token: string };
  const headers = { ...unkept, authorization: `Bearer ${token}`, "content-type": "application/json" };
  const get = async (path: string): Promise<unknown> => (await fetch(`${nod.address}${path}`, { headers })).json();
  return {
    token,
    openQuestions: async () => ((await get("/v1/me/questions?status=open")) as QuestionsPage).questions,
    orders: async () => ((await get("/v1/me/trading/orders")) as OrdersPage).orders,
    async answer(question: Pick<Question, "id">, answer: number) {
      const response = await fetch(`${nod.address}/v1/me/questions/${question.id}/answer`, { method: "POST", headers, body: JSON.stringify({ answer }) });
      return (await response.json()) as AnswerResult;
    },
  };
}

export type Person = Awaited<ReturnType<typeof signIn>>;

export const firstSwipe = (person: Person): Promise<Question> =>
  vi.waitFor(async () => {
    const swipe = (await person.openQuestions()).find((question) => question.kind === "swipe");
    if (swipe === undefined) throw new Error("not asked yet");
    return swipe;
  }, patience);

/** Says yes to the first swipe, and to what is asked in its place when the price has moved too far meanwhile. */
export const approveFirst = (person: Person): Promise<{ question: Question; result: AnswerResult }> =>
  vi.waitFor(async () => {
    const question = await firstSwipe(person);
    const result = await person.answer(question, 10);
    expect(result).toMatchObject({ outcome: "approved", decision: { verdict: "approved" } });
    return { question, result };
  }, patience);

export const untilFilled = (person: Person) =>
  vi.waitFor(async () => {
    const orders = await person.orders();
    expect(orders.map((order) => order.status)).toEqual(["filled"]);
    return orders;
  }, patience);
