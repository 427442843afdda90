/**
 * One user's phone: keeps a connection to either web process, takes in what it is told, and minds every number. After a
 * loss it goes on where it was, by `Sync` with the last number that it has.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CallRefused, isRecord, type HubLine, type OpenLine, type Told } from "./hub-line.ts";

export type PhoneSettings = {
  uid: string;
  token: string;
  /** Of the web processes; it begins with the first. */
  addresses: readonly string[];
  localAddress: string;
  open: OpenLine;
  /** A question that waits for an answer; also one that is told again. */
  onQuestion: (phone: Phone, questionId: string) => void;
  /** How long it was without a connection that is up to date. */
  onReconnected: (tookMs: number) => void;
};

export type Phone = {
  readonly uid: string;
  readonly token: string;
  /** All that it has been told, in order, up to here. */
  lastSeq(): number;
  isConnected(): boolean;
  /** Told of as asked, and not as closed. */
  isWaiting(questionId: string): boolean;
  answer(questionId: string, value: number): Promise<unknown>;
  acknowledge(): Promise<void>;
  /** What it knows, for whoever compares it with the database. */
  memory(): PhoneMemory;
  stop(): Promise<void>;
};

export type PhoneMemory = { uid: string; lastSeq: number; asked: string[]; closed: string[]; orders: string[]; toldAgain: number; connections: number; complaints: string[] };

const [shortestPauseMs, longestPauseMs] = [100, 1_500];
const mostComplaints = 5;

export function createPhone(settings: PhoneSettings): Phone {
  const { uid, token, addresses } = settings;
  const asked = new Set<string>();
  const closed = new Set<string>();
  const orders = new Set<string>();
  const complaints: string[] = [];
  let [lastSeq, ackedSeq, toldAgain, connections] = [0, 0, 0, 0];
  let line: HubLine | null = null;
  let isUpToDate = false;
  const stopping = new AbortController();

  const complain = (what: string): void => {
    if (complaints.length < mostComplaints) complaints.push(what);
  };
  const takeIn = ({ method, seq, id }: Told): void => {
    lastSeq = seq;
    if (method === "ReceiveTradeUpdate") orders.add(id);
    else if (method === "QuestionClosed") closed.add(id);
    else asked.add(id);
  };
  const onTold = (told: Told): void => {
    const { method, seq, id } = told;
    if (seq === lastSeq + 1) takeIn(told);
    else if (seq > lastSeq + 1) {
      // Before `Sync` has replied, a server that waited too long for it pushes what is new; the replay then brings all of it.
      if (isUpToDate) complain(`was told ${seq} after ${lastSeq}: something is missing`);
      return;
    } else if (method === "ReceiveQuestion") toldAgain += 1;
    else if (isUpToDate) complain(`was told ${method} ${seq} once more after ${lastSeq}`);
    if (method === "ReceiveQuestion" && !asked.has(id)) complain(`an open question ${id} was told at ${seq} that it never heard of`);
    if (method === "ReceiveQuestion" && told.content["status"] === "open" && !closed.has(id)) settings.onQuestion(phone, id);
  };

  const connectOnce = async (address: string, lostAt: number): Promise<void> => {
    const opened = await settings.open({ address, token, localAddress: settings.localAddress, onTold });
    line = opened;
    isUpToDate = false;
    connections += 1;
    const since = lastSeq;
    try {
      const reply = await opened.invoke("Sync", since);
      const seq = isRecord(reply) ? Number(reply["seq"]) : Number.NaN;
      if (seq < since) complain(`the server's numbers went back from ${since} to ${seq}`);
      else if (lastSeq < seq) complain(`Sync(${since}) says ${seq}, told were only those up to ${lastSeq}`);
      isUpToDate = true;
      settings.onReconnected(performance.now() - lostAt);
      await opened.closed;
    } finally {
      line = null;
      isUpToDate = false;
      opened.close();
    }
  };
  const live = async (): Promise<void> => {
    let lostAt = performance.now();
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const address = addresses[attempt % addresses.length] ?? "";
      await connectOnce(address, lostAt).then(() => (lostAt = performance.now()), () => undefined);
      await sleep(shortestPauseMs + Math.random() * (longestPauseMs - shortestPauseMs), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const phone: Phone = {
    uid,
    token,
    lastSeq: () => lastSeq,
    isConnected: () => isUpToDate,
    isWaiting: (id) => asked.has(id) && !closed.has(id),
    answer: (id, value) => (line === null ? Promise.reject(new Error("not connected")) : line.invoke("AnswerQuestion", id, value)),
    acknowledge: async () => {
      const upTo = lastSeq;
      if (line === null || !isUpToDate || upTo <= ackedSeq) return;
      await line.invoke("Ack", upTo).then(() => (ackedSeq = upTo), (error: unknown) => {
        if (error instanceof CallRefused) complain(`its acknowledgement of ${upTo} was refused: ${error.message}`);
      });
    },
    memory: () => ({ uid, lastSeq, asked: [...asked], closed: [...closed], orders: [...orders], toldAgain, connections, complaints }),
    stop: async () => {
      stopping.abort();
      line?.close();
      await living;
    },
  };
  const living = live();
  return phone;
}
