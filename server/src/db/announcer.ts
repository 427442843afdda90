/**
 * Notifications sent after a commit instead of within it.
 *
 * A transaction that notifies holds one lock for the whole database while it commits, the wait for the disk included, so
 * such transactions commit one after the other (measured with eight connections: 1.3 to 1.8 times slower). A notification
 * is a hint, and whoever listens also looks by himself from time to time: one that a crash swallows costs that long.
 */
import type { Db } from "./pool.ts";

/** An empty payload says what all others of its channel say together. */
export type Notice = { channel: string; payload: string };

export type Announcer = {
  /** Returns at once. What is announced while one is on its way goes out together with the next. */
  announce(notices: readonly Notice[]): void;
};

/** Of one channel; beyond it one with an empty payload stands for all of them. */
const maxWaitingPayloads = 100;

export function createAnnouncer(db: Db, onFailure: (error: unknown) => void): Announcer {
  let waiting = new Map<string, Set<string>>();
  let sending = false;

  const add = ({ channel, payload }: Notice): void => {
    const payloads = waiting.get(channel) ?? new Set();
    if (payload === "" || payloads.size >= maxWaitingPayloads) waiting.set(channel, new Set([""]));
    else if (!payloads.has("")) waiting.set(channel, payloads.add(payload));
  };

  const send = async (): Promise<void> => {
    while (waiting.size > 0) {
      const notices = [...waiting].flatMap(([channel, payloads]) => [...payloads].map((payload) => ({ channel, payload })));
      waiting = new Map();
      await db.query({
        name: "announce",
        text: "select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as notice (channel, payload)",
        values: [notices.map(({ channel }) => channel), notices.map(({ payload }) => payload)],
      });
    }
  };

  return {
    announce: (notices) => {
      for (const notice of notices) add(notice);
      if (sending) return;
      sending = true;
      send()
        .catch(onFailure)
        .finally(() => {
          sending = false;
        });
    },
  };
}
