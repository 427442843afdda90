import type { HubConnection } from "@nod/signalr-server";

/** One connection's place in its user's outbox. */
export type Place = {
  readonly connection: HubConnection;
  /** The last number that was sent on it, or that its client said it had. */
  sentSeq: number;
  /** False until its first `Sync` is done: then it is sent what comes. */
  isLive: boolean;
};

/** A user's connections in this process, and the lane in which everything is sent to them, one piece after the other. */
export type Channel = {
  readonly uid: string;
  readonly places: Map<string, Place>;
  /** Pieces of work in the lane that are not done. */
  waiting: number;
  lane: Promise<unknown>;
  /** There may be more for it than it was sent: read it when its lane is free. */
  isOwedAReading: boolean;
};

export type Channels = {
  open(connection: HubConnection, uid: string): void;
  close(connectionId: string, uid: string): void;
  all(): Iterable<Channel>;
  of(uid: string): Channel | undefined;
  /** Runs when everything put into the user's lane before has ended; a failure of one piece does not touch the next. */
  inLane<Result>(uid: string, work: (channel: Channel) => Promise<Result>): Promise<Result>;
  /** Resolves when all lanes are empty. */
  settled(): Promise<void>;
  readonly connectionCount: number;
};

/** @param readAgain called when the lane of a user who is owed a reading has become free */
export function createChannels(readAgain: (uid: string) => void): Channels {
  const channels = new Map<string, Channel>();
  let connectionCount = 0;

  const channelOf = (uid: string): Channel => {
    let channel = channels.get(uid);
    if (channel === undefined) {
      channel = { uid, places: new Map(), waiting: 0, lane: Promise.resolve(), isOwedAReading: false };
      channels.set(uid, channel);
    }
    return channel;
  };
  const forgetIfEmpty = (channel: Channel): void => {
    if (channel.places.size === 0 && channel.waiting === 0 && channels.get(channel.uid) === channel) channels.delete(channel.uid);
  };

  return {
    open(connection, uid) {
      channelOf(uid).places.set(connection.id, { connection, sentSeq: 0, isLive: false });
      connectionCount += 1;
    },
    close(connectionId, uid) {
      const channel = channels.get(uid);
      if (channel?.places.delete(connectionId) !== true) return;
      connectionCount -= 1;
      forgetIfEmpty(channel);
    },
    all: () => channels.values(),
    of: (uid) => channels.get(uid),
    inLane(uid, work) {
      const channel = channelOf(uid);
      channel.waiting += 1;
      const result = channel.lane.then(() => work(channel));
      channel.lane = result.then(
        () => undefined,
        () => undefined,
      ).finally(() => {
        channel.waiting -= 1;
        forgetIfEmpty(channel);
        if (channel.waiting > 0 || !channel.isOwedAReading) return;
        channel.isOwedAReading = false;
        readAgain(uid);
      });
      return result;
    },
    settled: async () => {
      await Promise.all([...channels.values()].map((channel) => channel.lane));
    },
    get connectionCount() {
      return connectionCount;
    },
  };
}
