import type { StreamItemMessage } from "../protocol/hub-message.ts";

/** The stream itself failed, after the method that made it had returned. */
export class StreamFailure extends Error {
  override readonly name = "StreamFailure";
}

interface Cancellable {
  readonly cancelled: boolean;
  onCancel: (() => void) | undefined;
}

interface StreamSink {
  send(message: StreamItemMessage): void;
  whenWritable(): Promise<void> | undefined;
}

/**
 * Sends a stream's items until it ends or is cancelled, no faster than the client takes them.
 *
 * @throws StreamFailure with the stream's error as its cause; after a cancellation nothing.
 */
export async function pumpStream(
  stream: AsyncIterable<unknown>,
  call: Cancellable,
  invocationId: string,
  sink: StreamSink,
): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  let finished = false;
  try {
    // Asked for one item even if already cancelled: a generator that never starts would skip its own `finally`.
    for (;;) {
      const next = await unlessCancelled(call, iterator.next());
      finished = next?.done === true;
      if (next === undefined || finished) break;
      sink.send({ type: 2, invocationId, item: next.value ?? null });
      const wait = sink.whenWritable();
      if (wait !== undefined) await unlessCancelled(call, wait);
      if (call.cancelled) break;
    }
  } catch (cause) {
    if (!call.cancelled) throw new StreamFailure("The stream failed.", { cause });
  } finally {
    // Not awaited: a generator that waits for something gets to its `finally` only when that has come.
    if (!finished) void discardStream(iterator);
  }
}

/** Ends a stream of which nothing more is wanted, not even its error. */
export async function discardStream(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Whoever the stream belongs to has its answer already.
  }
}

/** The promise's value, or `undefined` as soon as the call is cancelled. One slot, not a race: races on one promise pile up. */
function unlessCancelled<Value>(call: Cancellable, promise: Promise<Value>): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    call.onCancel = () => resolve(undefined);
    promise.then(resolve, reject);
    if (call.cancelled) resolve(undefined);
  });
}
