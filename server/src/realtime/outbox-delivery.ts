/**
 * Brings the outbox to the users who are connected here: in order, without a gap, each number once on each connection.
 *
 * The tables are the truth and a notification is a hint. A wake-up leads to one reading for all connected users, however
 * many there are, and every sending to one user goes through that user's lane, so that a replay and a push cannot overtake
 * each other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Question } from "@nod/contract/question";
import type { HubConnection } from "@nod/signalr-server";
import type { Db, Pool } from "../db/pool.ts";
import { headOf, oldestUnreadSeconds, readOutbox, seqsOfQuestions, type OutboxRow } from "../trading/outbox/outbox-table.ts";
import { createChannels, type Channel, type Place } from "./channels.ts";
import { readMessages, type OutboxMessage, type ReadQuestions, type Told } from "./outbox-messages.ts";

/** One push reads for this many users, and so much for each: some 60 MB if every one of them had that much new. */
const usersPerRead = 2_000;
const rowsPerUser = 20;
/** A replay reads this much at a time: some 150 KB, far below what a connection may have waiting. */
const rowsPerReplayRead = 100;
/** Two readings are at least this far apart; the first one after a pause starts at once. */
const pauseBetweenReadsMs = 5;
const retryMs = 1_000;
/** A client that takes nothing for so long gets no more of a replay; its connection ends by its own limits. */
const writableTimeoutMs = 30_000;

export type DeliverySettings = {
  /** Sees all users: one reading is for all who are connected. */
  pool: Pool;
  /** Sees one user. */
  dbOf(uid: string): Db;
  readQuestions: ReadQuestions;
  /** Oldest first. */
  readOpenQuestions(uid: string): Promise<Question[]>;
  /** Serialises once, whatever the number of connections. */
  send(connectionIds: readonly string[], told: Told): Promise<void>;
  observer: DeliveryObserver;
};

export type DeliveryObserver = {
  connectionsAre(count: number): void;
  /** `connections` were handed the same; `writtenAt` is null for what is sent again or late, as after a `Sync`. */
  delivered(connections: number, told: { message: Told; writtenAt: Date | null; startedAtMs: number }): void;
  deliveryFailed(error: unknown): void;
};

export type Delivery = {
  opened(connection: HubConnection, uid: string): void;
  closed(connectionId: string, uid: string): void;
  /** Replays after `lastSeq`, then the open questions, and lets the connection have what comes. */
  sync(connection: HubConnection, uid: string, lastSeq: number): Promise<{ seq: number }>;
  /** As `sync` from where the outbox stands, for a client that never asks for one. */
  startWithout(connection: HubConnection, uid: string): Promise<void>;
  /** The age in seconds of the oldest message that a synchronised connection here has not been handed; 0 when there is none. */
  lagSeconds(): Promise<number>;
  /** There may be something new, for this user or for anybody. Costs nothing when he is not connected here. */
  wake(uid?: string): void;
  /** Resolves when nothing is being read or sent. */
  settled(): Promise<void>;
  /** Lets what is being sent be sent, and sends nothing more. */
  stop(): Promise<void>;
};

export function createDelivery(settings: DeliverySettings): Delivery {
  const { pool, observer } = settings;
  const channels = createChannels((uid) => wake(uid));
  const stopping = new AbortController();
  let isAwake = false;
  /** Who is to be read next: those who are named, or everybody. */
  let named = new Set<string>();
  let isForEverybody = false;
  let reading: Promise<void> | null = null;

  const send = async (places: readonly Place[], { seq, told, writtenAt }: OutboxMessage, isReplay: boolean): Promise<void> => {
    for (const place of places) place.sentSeq = seq;
    if (told === null) return;
    const startedAtMs = performance.now();
    await settings.send(places.map((place) => place.connection.id), told);
    observer.delivered(places.length, { message: told, writtenAt: isReplay ? null : writtenAt, startedAtMs });
  };

  const deliver = async (channel: Channel, messages: readonly OutboxMessage[]): Promise<void> => {
    for (const message of messages) {
      const due = [...channel.places.values()].filter((place) => place.isLive && place.sentSeq < message.seq);
      if (due.length > 0) await send(due, message, false);
    }
  };

  const deliverInLane = (uid: string, messages: readonly OutboxMessage[]): Promise<void> =>
    channels.inLane(uid, async (channel) => {
      await deliver(channel, messages);
      if (messages.length < rowsPerUser) return;
      // There is more. A little is sent to a slow device all the same, so that it does not hold up the user's others.
      channel.isOwedAReading = true;
      await Promise.all([...channel.places.values()].map((place) => untilWritable(place.connection)));
    });

  const takeDue = (): Iterable<Channel> => {
    const due = isForEverybody ? channels.all() : [...named].flatMap((uid) => channels.of(uid) ?? []);
    isForEverybody = false;
    named = new Set();
    return due;
  };

  const readOnce = async (): Promise<void> => {
    const wanted = wantedBy(takeDue());
    for (let start = 0; start < wanted.length; start += usersPerRead) {
      const rows = await readOutbox(pool, wanted.slice(start, start + usersPerRead), rowsPerUser);
      const byUser = Map.groupBy(await readMessages(pool, settings.readQuestions, rows, observer.deliveryFailed), (message) => message.firebaseUid);
      for (const [uid, messages] of byUser) deliverInLane(uid, messages).catch(observer.deliveryFailed);
    }
  };

  const readUntilNothingIsNew = async (): Promise<void> => {
    while (isAwake && !stopping.signal.aborted) {
      isAwake = false;
      try {
        await readOnce();
        await sleep(pauseBetweenReadsMs);
      } catch (error) {
        observer.deliveryFailed(error);
        isForEverybody = true;
        isAwake = true;
        await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    reading = null;
  };

  const wake = (uid?: string): void => {
    if (uid === undefined || named.size >= usersPerRead) isForEverybody = true;
    else if (channels.of(uid) === undefined) return; // he is connected elsewhere, or nowhere
    else named.add(uid);
    isAwake = true;
    if (!stopping.signal.aborted) reading ??= readUntilNothingIsNew();
  };

  const replay = async (place: Place, uid: string): Promise<Set<string>> => {
    const toldQuestions = new Set<string>();
    for (let rows: OutboxRow[] | null = null; rows === null || rows.length === rowsPerReplayRead; ) {
      rows = await readOutbox(settings.dbOf(uid), [{ firebaseUid: uid, afterSeq: place.sentSeq }], rowsPerReplayRead);
      for (const message of await readMessages(settings.dbOf(uid), settings.readQuestions, rows, observer.deliveryFailed)) {
        if (place.connection.signal.aborted) return toldQuestions;
        await send([place], message, true);
        if (message.told?.method === "ReceiveQuestion") toldQuestions.add(message.refId);
      }
      await untilWritable(place.connection);
    }
    return toldQuestions;
  };

  const tellOpenQuestions = async (place: Place, uid: string, except: ReadonlySet<string>): Promise<void> => {
    const open = (await settings.readOpenQuestions(uid)).filter((question) => !except.has(question.id));
    const seqs = await seqsOfQuestions(settings.dbOf(uid), uid, open.map((question) => question.id));
    const { ackedSeq } = await headOf(settings.dbOf(uid), uid);
    // A row is dropped only after it was acknowledged, so the last number that was is one that the client knows.
    const numbered = open.map((question) => ({ ...question, seq: seqs.get(question.id) ?? ackedSeq })).sort((a, b) => a.seq - b.seq);
    for (const payload of numbered) {
      // One with a number above was asked after the replay had ended: it comes in its turn.
      if (payload.seq <= place.sentSeq) await settings.send([place.connection.id], { method: "ReceiveQuestion", payload });
    }
  };

  const sync = (connection: HubConnection, uid: string, lastSeq: number | null): Promise<{ seq: number }> =>
    channels.inLane(uid, async (channel) => {
      const place = channel.places.get(connection.id);
      if (place === undefined) return { seq: 0 }; // it went while it waited
      if (lastSeq === null && place.isLive) return { seq: place.sentSeq };
      const head = await headOf(settings.dbOf(uid), uid);
      place.sentSeq = Math.min(lastSeq ?? head.lastSeq, head.lastSeq);
      await tellOpenQuestions(place, uid, await replay(place, uid));
      place.isLive = true;
      channel.isOwedAReading = true; // what was committed and announced meanwhile
      return { seq: place.sentSeq };
    });

  const settled = async (): Promise<void> => {
    for (;;) {
      await reading;
      await channels.settled(); // whose end may begin another reading
      if (reading === null) return;
    }
  };

  return {
    opened(connection, uid) {
      channels.open(connection, uid);
      observer.connectionsAre(channels.connectionCount);
    },
    closed(connectionId, uid) {
      channels.close(connectionId, uid);
      observer.connectionsAre(channels.connectionCount);
    },
    sync,
    startWithout: async (connection, uid) => {
      await sync(connection, uid, null);
    },
    lagSeconds: () => oldestUnreadSeconds(pool, placesOf(channels.all())),
    wake,
    settled,
    stop: async () => {
      stopping.abort();
      await settled();
    },
  };
}

/** Where the connections stand, of the first so many users: what holds up delivery holds it up for all. */
function placesOf(channels: Iterable<Channel>): { firebaseUid: string; afterSeq: number }[] {
  const places: { firebaseUid: string; afterSeq: number }[] = [];
  for (const channel of channels) {
    const live = [...channel.places.values()].filter((place) => place.isLive);
    if (live.length > 0) places.push({ firebaseUid: channel.uid, afterSeq: Math.min(...live.map((place) => place.sentSeq)) });
    if (places.length >= usersPerRead) break;
  }
  return places;
}

/** From where each user is to be read: the place furthest behind. One whose lane is busy is read when it is free. */
function wantedBy(channels: Iterable<Channel>): { firebaseUid: string; afterSeq: number }[] {
  const wanted: { firebaseUid: string; afterSeq: number }[] = [];
  for (const channel of channels) {
    const { uid, places, waiting } = channel;
    if (waiting > 0) {
      channel.isOwedAReading = true;
      continue;
    }
    let afterSeq = Number.POSITIVE_INFINITY;
    for (const place of places.values()) if (place.isLive) afterSeq = Math.min(afterSeq, place.sentSeq);
    if (afterSeq !== Number.POSITIVE_INFINITY) wanted.push({ firebaseUid: uid, afterSeq });
  }
  return wanted;
}

async function untilWritable(connection: HubConnection): Promise<void> {
  const writable = connection.whenWritable();
  if (writable === undefined) return;
  const waiting = new AbortController();
  await Promise.race([writable, sleep(writableTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
  waiting.abort();
}
