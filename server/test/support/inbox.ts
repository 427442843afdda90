/** What one device was told over the hub, in the order in which it came. */
import type { QuestionClosed, QuestionsHubServer, Sequenced } from "@nod/contract/hub";
import type { Order } from "@nod/contract/order";
import type { AnswerResult, Question } from "@nod/contract/question";
import type { HubConnection } from "@microsoft/signalr";

export type Event =
  | { kind: "question"; seq: number; id: string; content: Question & Sequenced }
  | { kind: "closed"; seq: number; id: string; content: QuestionClosed }
  | { kind: "order"; seq: number; id: string; content: Order & Sequenced };

export type Inbox = {
  events: Event[];
  /** As "question 1", "closed 2", … */
  story(): string[];
  sync(lastSeq: number): ReturnType<QuestionsHubServer["Sync"]>;
  ack(seq: number): Promise<void>;
  answer(id: string, answer: number): Promise<AnswerResult>;
  undo(id: string): Promise<Order>;
};

export function inboxOf(device: HubConnection): Inbox {
  const events: Event[] = [];
  device.on("ReceiveQuestion", (content: Question & Sequenced) => events.push({ kind: "question", seq: content.seq, id: content.id, content }));
  device.on("QuestionClosed", (content: QuestionClosed) => events.push({ kind: "closed", seq: content.seq, id: content.id, content }));
  device.on("ReceiveTradeUpdate", (content: Order & Sequenced) => events.push({ kind: "order", seq: content.seq, id: content.id, content }));
  return {
    events,
    story: () => events.map(({ kind, seq }) => `${kind} ${seq}`),
    sync: (lastSeq) => device.invoke("Sync", lastSeq),
    ack: (seq) => device.invoke("Ack", seq),
    answer: (id, answer) => device.invoke("AnswerQuestion", id, answer),
    undo: (id) => device.invoke("UndoAnswer", id),
  };
}
