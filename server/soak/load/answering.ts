/** Answers questions at a steady pace: some of them from two devices at once, and each with one mind about it. */
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { createRandom } from "../../chaos/random.ts";
import { CallRefused, isRecord } from "./hub-line.ts";
import type { LoadFigures, LoadOrder, Reply } from "./messages.ts";
import type { Phone } from "./phone.ts";

export type Answering = {
  asked(phone: Phone, questionId: string): void;
  figures(): Pick<LoadFigures, "replies" | "refused" | "unanswered" | "waiting" | "answerMs">;
  /** Lets what is under way come to its end, and begins nothing more. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

const stepMs = 20;
/** However far the pace has fallen behind, so many go out at once at most. */
const mostAtOnce = 40;
const httpTimeoutMs = 30_000;
/** Of the answers: over HTTP, to either process; and over HTTP while the hub has it too. */
const [httpShare, twiceShare] = [0.05, 0.05];
const yesShare = 0.85;

export function createAnswering(order: LoadOrder): Answering {
  const queue: { phone: Phone; questionId: string }[] = [];
  /** Queued or under way. */
  const taken = new Set<string>();
  const told = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const answerMs: number[] = [];
  const refused: Record<string, number> = {};
  const replies = createWriteStream(order.repliesFile);
  let [replied, unanswered, due, isStopping] = [0, 0, 0, false];

  const viaHttp = async (phone: Phone, questionId: string, value: number, address: string): Promise<unknown> => {
    const response = await fetch(`${address}/v1/me/questions/${questionId}/answer`, {
      method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${phone.token}` }, body: JSON.stringify({ answer: value }), signal: AbortSignal.timeout(httpTimeoutMs),
    });
    const body: unknown = await response.json();
    if (response.ok) return body;
    // What the gateway of a real installation would try again somewhere else.
    if (response.status >= 500 || response.status === 429) throw new Error(`the server answers ${response.status}`);
    throw new CallRefused(isRecord(body) ? String(body["code"]) : String(response.status));
  };
  const settle = async (questionId: string, uid: string, value: number, way: Promise<unknown>): Promise<void> => {
    const began = performance.now();
    try {
      const result = await way;
      answerMs.push(performance.now() - began);
      replied += told.has(questionId) ? 0 : 1;
      told.add(questionId);
      const reply: Reply = { uid, questionId, value, result: JSON.stringify(result) };
      replies.write(`${JSON.stringify(reply)}\n`);
    } catch (error) {
      if (!(error instanceof CallRefused)) {
        unanswered += 1; // told again after the next `Sync`, if it is still open
        return;
      }
      const why = /question_\w+|not_found|internal/.exec(error.message)?.[0] ?? error.message;
      refused[why] = (refused[why] ?? 0) + 1;
    }
  };
  const answerOne = async ({ phone, questionId }: { phone: Phone; questionId: string }): Promise<void> => {
    const random = createRandom(`${order.seed} ${questionId}`);
    const value = random.chance(yesShare) ? 10 : -10;
    const address = random.pick(order.addresses);
    const ways = [
      ...(random.chance(httpShare) ? [] : [phone.answer(questionId, value)]),
      ...(random.chance(twiceShare) ? [viaHttp(phone, questionId, value, address)] : []),
    ];
    if (ways.length === 0) ways.push(viaHttp(phone, questionId, value, address));
    await Promise.all(ways.map((way) => settle(questionId, phone.uid, value, way)));
    taken.delete(questionId);
    // Nobody said whether it counted, and the question was not told as closed: whoever holds the phone swipes again.
    if (!told.has(questionId) && phone.isWaiting(questionId)) enqueue(phone, questionId);
  };
  const enqueue = (phone: Phone, questionId: string): void => {
    if (isStopping || taken.has(questionId) || told.has(questionId)) return;
    taken.add(questionId);
    queue.push({ phone, questionId });
  };
  const next = (): { phone: Phone; questionId: string } | undefined => {
    for (let looked = queue.length; looked > 0; looked -= 1) {
      const first = queue.shift();
      if (first === undefined) return undefined;
      if (!first.phone.isWaiting(first.questionId)) taken.delete(first.questionId);
      else if (first.phone.isConnected()) return first;
      else queue.push(first);
    }
    return undefined;
  };
  const pace = setInterval(() => {
    due = Math.min(mostAtOnce, due + (order.answersPerSecond * stepMs) / 1_000);
    for (; due >= 1; due -= 1) {
      const one = next();
      if (one === undefined) break;
      const answering = answerOne(one);
      underWay.add(answering);
      void answering.finally(() => underWay.delete(answering));
    }
  }, stepMs);

  return {
    asked: enqueue,
    figures: () => ({ replies: replied, refused: { ...refused }, unanswered, waiting: queue.length, answerMs: answerMs.splice(0) }),
    stop: async () => {
      isStopping = true;
      clearInterval(pace);
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    close: async () => {
      replies.end();
      await once(replies, "close");
    },
  };
}
