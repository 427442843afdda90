/**
 * Keeps count of the user's `seq`. It counts up by one for every event; a number that is too high means that
 * something was missed, and `Sync` with the last one that followed in order brings it.
 */
export function createSequence() {
  let last = 0;
  let highest = 0;
  let syncing = false;
  return {
    get last(): number {
      return last;
    },
    get syncing(): boolean {
      return syncing;
    },
    /** Takes in an event's number. `gap`: call `Sync`. During a `Sync` the replay fills gaps itself. */
    take(seq: number): "in_order" | "seen" | "gap" {
      highest = Math.max(highest, seq);
      if (syncing) return "in_order";
      if (seq <= last) return "seen";
      if (seq > last + 1) return "gap";
      last = seq;
      return "in_order";
    },
    startSync(): number {
      syncing = true;
      return last;
    },
    /** After a `Sync` everything up to `seq` has been replayed, and what came meanwhile was taken in as well. */
    finishSync(seq: number): void {
      syncing = false;
      last = Math.max(last, seq, highest);
    },
    /** The connection went before the replay was through: nothing is known to have arrived. */
    abandonSync(): void {
      syncing = false;
      highest = last;
    },
  };
}
