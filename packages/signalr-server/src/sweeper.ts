/** A walk yields to the event loop after this, however many connections there are. */
const sliceBudgetMs = 4;
const visitsPerCheck = 32;

/** Visits every item about once an interval. One timer for all connections: a timer each would cost memory and time. */
export class Sweeper<Item> {
  readonly #intervalMs: number;
  readonly #items: () => Iterable<Item>;
  readonly #visit: (item: Item) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(intervalMs: number, items: () => Iterable<Item>, visit: (item: Item) => void) {
    this.#intervalMs = intervalMs;
    this.#items = items;
    this.#visit = visit;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#walk(this.#items()[Symbol.iterator]()), this.#intervalMs);
    this.#timer.unref();
  }

  #walk(items: Iterator<Item>): void {
    const until = performance.now() + sliceBudgetMs;
    let visits = 0;
    for (let next = items.next(); next.done !== true; next = items.next()) {
      this.#visit(next.value);
      visits += 1;
      if (visits % visitsPerCheck === 0 && performance.now() >= until && !this.#stopped) {
        setImmediate(() => this.#walk(items));
        return;
      }
    }
    this.#schedule();
  }
}
