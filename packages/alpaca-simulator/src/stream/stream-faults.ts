import type { SimulatorClock } from "../time/clock.ts";

/** What goes wrong with a frame of a stream. */
export type StreamFault = {
  stream?: "trade_updates" | "market_data";
  account?: string;
  /** The trade update's event, or the market-data frame's `T`. */
  event?: string;
  /** Frames to let pass first. */
  skip?: number;
  /** How many frames it hits; default 1, −1 for all until cleared. */
  times?: number;
  do:
    | { kind: "lose" }
    | { kind: "duplicate"; copies?: number }
    | { kind: "delay"; ms: number }
    /** Delivered after the next frame of the same stream and account (or after a second without one). */
    | { kind: "swap" }
    /** The connection is cut; the frame is delivered first with `when: "after"`, lost with `before`. */
    | { kind: "disconnect"; when?: "before" | "after" }
    | { kind: "malformed" };
};

export type StreamName = "trade_updates" | "market_data";

/** How a frame leaves: to every connection of its account. */
export type Outlet = { send: () => void; sendMalformed: () => void; disconnect: () => void };

const SWAP_WAIT_MS = 1000;

export class StreamFaultBoard {
  readonly #clock: SimulatorClock;
  #armed: { fault: StreamFault; skip: number; left: number }[] = [];
  readonly #held = new Map<string, () => void>();

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  arm(fault: StreamFault): void {
    this.#armed.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#armed = [];
  }

  /** Lets a frame out, through whichever fault hits it. */
  deliver(stream: StreamName, account: string, event: string, outlet: Outlet): void {
    const key = `${stream} ${account}`;
    const held = this.#held.get(key);
    this.#held.delete(key);
    this.#strike(key, this.#take(stream, account, event), outlet);
    held?.();
  }

  #strike(key: string, fault: StreamFault | undefined, outlet: Outlet): void {
    switch (fault?.do.kind) {
      case undefined:
        return outlet.send();
      case "lose":
        return;
      case "duplicate":
        for (let copy = 0; copy <= (fault.do.copies ?? 1); copy += 1) outlet.send();
        return;
      case "delay":
        return void this.#clock.after(fault.do.ms, outlet.send);
      case "malformed":
        return outlet.sendMalformed();
      case "disconnect":
        if (fault.do.when === "after") outlet.send();
        return outlet.disconnect();
      case "swap": {
        let sent = false;
        const once = (): void => {
          if (!sent) outlet.send();
          sent = true;
        };
        this.#held.set(key, once);
        this.#clock.after(SWAP_WAIT_MS, once);
      }
    }
  }

  #take(stream: StreamName, account: string, event: string): StreamFault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (armed.left === 0 || (fault.stream ?? stream) !== stream || (fault.account ?? account) !== account || (fault.event ?? event) !== event) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      if (armed.left > 0) armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}
