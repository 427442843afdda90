/** What goes wrong with an HTTP request. */
export type Fault = {
  /** Method and path, `*` matching any run of characters: `POST /v2/orders`, `GET /v2/stocks/*`, `* *`. */
  route: string;
  /** Only requests of this account. */
  account?: string;
  /** Requests to let pass first. */
  skip?: number;
  /** How many requests it hits; default 1, −1 for all until cleared. */
  times?: number;
  /** Whether the request was carried out (and an order thus accepted) before it goes wrong; default `before`. */
  when?: "before" | "after";
  do:
    | { kind: "delay"; ms: number }
    | { kind: "status"; status: number; body?: unknown; headers?: Record<string, string> }
    /** The connection is reset. */
    | { kind: "reset" }
    /** Half of the answer arrives, then the connection is reset; with `when: "after"` it is the true answer. */
    | { kind: "cut" }
    /** No answer ever comes; the client's own time-out ends it. */
    | { kind: "hang" }
    /** Status 200 with something that is not what was promised. */
    | { kind: "malformed" }
    | { kind: "empty" }
    | { kind: "empty_object" }
    | { kind: "body"; body: string };
};

type Armed = { fault: Fault; pattern: RegExp; skip: number; left: number; hits: number };

/** The faults that are armed, oldest first; each is used up by the requests it hits. */
export class FaultBoard {
  #armed: Armed[] = [];

  arm(fault: Fault): void {
    const pattern = new RegExp(`^${fault.route.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
    this.#armed.push({ fault, pattern, skip: fault.skip ?? 0, left: fault.times ?? 1, hits: 0 });
  }

  clear(): void {
    this.#armed = [];
  }

  /** How often each armed fault has hit. */
  hits(): { route: string; kind: string; hits: number }[] {
    return this.#armed.map(({ fault, hits }) => ({ route: fault.route, kind: fault.do.kind, hits }));
  }

  /** The faults that hit this request: at most one delay and one of another kind. */
  strike(method: string, path: string, account: string | undefined): { delay: Fault | undefined; failure: Fault | undefined } {
    return {
      delay: this.#take(method, path, account, (fault) => fault.do.kind === "delay"),
      failure: this.#take(method, path, account, (fault) => fault.do.kind !== "delay"),
    };
  }

  #take(method: string, path: string, account: string | undefined, wanted: (fault: Fault) => boolean): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (armed.left === 0 || !wanted(fault) || !armed.pattern.test(`${method} ${path}`)) continue;
      if (fault.account !== undefined && fault.account !== account) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      if (armed.left > 0) armed.left -= 1;
      armed.hits += 1;
      return fault;
    }
    return undefined;
  }
}
