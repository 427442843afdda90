/**
 * What the server's clock says. Expiry is the server's to decide; a device whose clock is wrong must still show
 * the right countdown, so the offset is measured from every reply that carries `server_time`.
 */
export type ServerClock = {
  now(): number;
  observe(reply: unknown, sentAtMs: number, receivedAtMs: number): void;
};

/** A sample is replaced by a later one with a longer round trip only after this long. */
const sampleKeptMs = 60_000;

export function createServerClock(deviceNow: () => number): ServerClock {
  let offsetMs = 0;
  let best: { roundTripMs: number; takenAtMs: number } | null = null;
  return {
    now: () => deviceNow() + offsetMs,
    observe(reply, sentAtMs, receivedAtMs) {
      if (typeof reply !== "object" || reply === null || !("server_time" in reply) || typeof reply.server_time !== "string") return;
      const serverMs = Date.parse(reply.server_time);
      if (Number.isNaN(serverMs)) return;
      const roundTripMs = receivedAtMs - sentAtMs;
      if (best !== null && roundTripMs > best.roundTripMs && receivedAtMs - best.takenAtMs < sampleKeptMs) return;
      best = { roundTripMs, takenAtMs: receivedAtMs };
      // The server read its clock about half-way through the round trip.
      offsetMs = serverMs - (sentAtMs + roundTripMs / 2);
    },
  };
}

export const serverClock = createServerClock(Date.now);
