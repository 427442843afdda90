import type { DuePush } from "./due-pushes.ts";

/** `gone`: the token reaches nobody any more. `failed`: it may or may not have arrived; a push is a hint and is not sent twice. */
export type PushOutcome = "sent" | "gone" | "failed";

export type PushSender = {
  /** One outcome for each push, in their order; never throws. */
  send(pushes: readonly DuePush[]): Promise<PushOutcome[]>;
  stop(): Promise<void>;
};
