import { HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from "@microsoft/signalr";
import { questionsHubPath, type QuestionClosed, type QuestionsHubServer, type Sequenced } from "@nod/contract/hub";
import type { Order } from "@nod/contract/order";
import type { Question } from "@nod/contract/question";
import { createSequence } from "../live/sequence.ts";
import { serverClock } from "../live/server-clock.ts";

export type HubEvents = {
  question(question: Question): void;
  closed(closed: QuestionClosed): void;
  order(order: Order): void;
  /** Everything up to now has been taken in. */
  synced(): void;
  state(state: "live" | "interrupted"): void;
};

export type QuestionsHub = { wake(): void; stop(): Promise<void> };

type SyncReply = Awaited<ReturnType<QuestionsHubServer["Sync"]>>;

/** Waits between attempts to connect; the last one goes on for ever. */
const retryDelaysMs = [0, 500, 1_000, 2_000, 4_000];
/** What has been taken in is acknowledged at most this often. */
const ackDelayMs = 1_000;

const retryDelay = (attempt: number): number => retryDelaysMs[Math.min(attempt, retryDelaysMs.length - 1)] ?? 4_000;

/**
 * Keeps one connection to the questions hub until it is stopped: connects, replays what was missed, notices gaps,
 * acknowledges. Reports what it hears; holds no questions and no orders of its own.
 */
export function openQuestionsHub(token: () => string, events: HubEvents): QuestionsHub {
  const sequence = createSequence();
  let stopped = false;
  let ackTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const hub: HubConnection = new HubConnectionBuilder()
    .withUrl(questionsHubPath, { accessTokenFactory: token })
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => retryDelay(previousRetryCount) })
    .configureLogging(LogLevel.None)
    .build();

  async function sync(): Promise<void> {
    if (sequence.syncing) return;
    const sentAtMs = Date.now();
    try {
      const reply = await hub.invoke<SyncReply>("Sync", sequence.startSync());
      sequence.finishSync(reply.seq);
      serverClock.observe(reply, sentAtMs, Date.now());
      events.state("live");
      events.synced();
      acknowledgeSoon();
    } catch {
      sequence.abandonSync();
      // A connection that cannot replay is of no use; a fresh one tries again. Polling goes on meanwhile.
      events.state("interrupted");
      if (!stopped && hub.state === HubConnectionState.Connected) await hub.stop();
    }
  }

  function acknowledgeSoon(): void {
    ackTimer ??= setTimeout(() => {
      ackTimer = undefined;
      if (hub.state === HubConnectionState.Connected) hub.send("Ack", sequence.last).catch(() => undefined);
    }, ackDelayMs);
  }

  function taken(event: Sequenced): void {
    const place = sequence.take(event.seq);
    if (place === "gap") void sync();
    else if (place === "in_order" && !sequence.syncing) acknowledgeSoon();
  }

  hub.on("ReceiveQuestion", ({ seq, ...question }: Question & Sequenced) => {
    events.question(question);
    taken({ seq });
  });
  hub.on("QuestionClosed", (closed: QuestionClosed) => {
    events.closed(closed);
    taken(closed);
  });
  hub.on("ReceiveTradeUpdate", ({ seq, ...order }: Order & Sequenced) => {
    events.order(order);
    taken({ seq });
  });
  hub.onreconnecting(() => events.state("interrupted"));
  hub.onreconnected(() => void sync());
  hub.onclose(() => {
    events.state("interrupted");
    if (!stopped) retryTimer = setTimeout(() => void connect(0), retryDelay(2));
  });

  async function connect(attempt: number): Promise<void> {
    clearTimeout(retryTimer);
    if (stopped || hub.state !== HubConnectionState.Disconnected) return;
    try {
      await hub.start();
    } catch {
      events.state("interrupted");
      if (!stopped) retryTimer = setTimeout(() => void connect(attempt + 1), retryDelay(attempt + 1));
      return;
    }
    await sync();
  }

  void connect(0);
  return {
    /** The device came back: do not wait for the next attempt. */
    wake: () => void connect(0),
    async stop() {
      stopped = true;
      clearTimeout(ackTimer);
      clearTimeout(retryTimer);
      await hub.stop();
    },
  };
}
