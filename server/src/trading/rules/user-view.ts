/** What a rule may ask of its user: decimal text, or a number that prints as it was written. Null: unknown. */
export type Amount = string | number;

/** In the rule's symbol. Without a position `qty` is 0 and the rest null. */
export type PositionView = { qty: Amount; avgEntry: Amount | null; /** The highest price since entry. */ peak: Amount | null; openedAtMs: number | null };

export type AccountView = { equity: Amount | null; cash: Amount | null; dayPlPct: Amount | null; ordersToday: number | null };

export type UserView = { position: PositionView | null; account: AccountView | null };

export const noPosition: PositionView = { qty: 0, avgEntry: null, peak: null, openedAtMs: null };
