/** Where code that waits or stamps gets its time. Expiry and ownership use the database's clock instead. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
