/** Alpaca's request limit: so many a minute for each account and host, counted in fixed minutes. */
export class RateLimiter {
  readonly #limit: number;
  readonly #counts = new Map<string, { minute: number; used: number }>();

  /** `limit` requests a minute. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one request and gives the headers for its answer. */
  take(account: string, host: string, nowMs: number): { allowed: boolean; headers: Record<string, string> } {
    const minute = Math.floor(nowMs / 60_000);
    const key = `${account} ${host}`;
    const count = this.#counts.get(key);
    const used = (count?.minute === minute ? count.used : 0) + 1;
    this.#counts.set(key, { minute, used });
    return {
      allowed: used <= this.#limit,
      headers: {
        "X-RateLimit-Limit": String(this.#limit),
        "X-RateLimit-Remaining": String(Math.max(0, this.#limit - used)),
        "X-RateLimit-Reset": String((minute + 1) * 60),
      },
    };
  }
}
