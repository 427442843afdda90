import { violationsOf, type Law } from "../violation.ts";

/** So long must an order stay in doubt that nobody at the broker knows of, by the database's clock (the README's two minutes). */
const namedTimeMs = 120_000;

/** Not found is not proof: only after the named time is it sent once more, or told to have come to nothing. */
export const doubtLastsItsTime: Law = ({ events, orders, timeline }, { claimRecordingMs }) => {
  const { found, report } = violationsOf("not found is not taken for not placed at once");
  for (const { id, clientOrderId } of orders) {
    const story = events.filter(({ orderId }) => orderId === id);
    for (const [index, { kind, data, atMs }] of story.entries()) {
      const endsDoubt = kind === "order_sent_again" || (kind === "order_not_placed" && data["from"] === "unknown");
      if (!endsDoubt) continue;
      const began = story.slice(0, index).findLast((event) => event.kind === "order_unknown");
      const lastedMs = began === undefined ? 0 : atMs - began.atMs;
      if (lastedMs < namedTimeMs - timeline.setBackMs - claimRecordingMs) report(`${clientOrderId}: ${kind} after ${Math.round(lastedMs)} ms in doubt`, clientOrderId);
    }
  }
  return found;
};
