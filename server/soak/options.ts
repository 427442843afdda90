/** How large a soak is, how long it lasts, and what follows from that. */

export type SoakOptions = {
  /** Of load; starting, coming to rest and judging come on top. */
  minutes: number;
  users: number;
  /** Connected, and answering; the other users are asked while nobody is there. */
  clients: number;
  answersPerSecond: number;
  killEverySeconds: number;
  /** Into which the two workers divide the users. */
  shards: number;
  /** PostgreSQL is restarted once, halfway. */
  restartsDatabase: boolean;
  /** Takes fsync for granted: for a short form on a slow disk. */
  durable: boolean;
  seed: string;
};

export const defaultOptions: SoakOptions = {
  minutes: 10, users: 20_000, clients: 2_000, answersPerSecond: 100, killEverySeconds: 20, shards: 4, restartsDatabase: true, durable: true, seed: "1",
};

/** Rules of each connected user; each asks again after its cooldown. */
export const rulesPerClient = 2;
/** Somewhat more is asked than is to be answered, so that answers do not wait for questions. */
const surplus = 1.15;
/** Cooldowns differ from group to group, so that not everybody is asked in the same tick for ever. */
export const cooldownGroups = 8;
const narrowest = 0.8;
const widest = 1.2;
/** Of `questions`; a question that nobody gets to answer in time expires, as in life. */
const shortestExpirySeconds = 30;

/** How long the rules of a group of clients rest after each question, in whole seconds. */
export function cooldownSeconds({ clients, answersPerSecond }: SoakOptions, group: number): number {
  const cycle = (clients * rulesPerClient) / (answersPerSecond * surplus);
  const share = narrowest + ((widest - narrowest) * group) / (cooldownGroups - 1);
  return Math.max(0, Math.round(cycle * share) - 1);
}

export const expirySeconds = (options: SoakOptions): number => Math.max(shortestExpirySeconds, 2 * cooldownSeconds(options, cooldownGroups - 1));

export const loadMs = ({ minutes }: SoakOptions): number => minutes * 60_000;
