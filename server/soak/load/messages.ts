/** What the soak and its load processes say to each other. */

export type LoadOrder = {
  addresses: readonly string[];
  /** The numbers of its users, from `first` on. */
  first: number;
  count: number;
  /** So many of them use the unmodified client. */
  fixedClients: number;
  answersPerSecond: number;
  /** Where the secret of the local tokens is. */
  dataFolder: string;
  /** For what people were told, and for what the phones know at the end: a line of JSON each. */
  repliesFile: string;
  memoriesFile: string;
  seed: string;
};

export type LoadCommand = { say: "begin"; order: LoadOrder } | { say: "answer_no_more" } | { say: "where" } | { say: "end" };

/** Totals since the start, every second and once more at the end. */
export type LoadFigures = { connected: number; replies: number; refused: Readonly<Record<string, number>>; unanswered: number; waiting: number; answerMs: readonly number[]; reconnectMs: readonly number[] };

export type LoadReport = { say: "figures"; figures: LoadFigures } | { say: "where"; seqs: Readonly<Record<string, number>> } | { say: "ended" };

/** A person was given this word on an answer. */
export type Reply = { uid: string; questionId: string; value: number; result: string };
