/** What the routes need of the rooms below, and nothing more. `main.ts` hands it in. */
import type { ActivityEntry, ActivityFilter, ActivityStory } from "@nod/contract/activity";
import type { ConfigCheck, ConfigResponse, TemplateChoice, TemplatesPage } from "@nod/contract/config-exchange";
import type { Device } from "@nod/contract/devices";
import type { Order } from "@nod/contract/order";
import type { OrderStory } from "@nod/contract/order-story";
import type { Performance, PerformanceRange } from "@nod/contract/performance";
import type { ReplayReport } from "@nod/contract/preview";
import type { PriceLine } from "@nod/contract/price-line";
import type { Feed } from "@nod/contract/primitives";
import type { ProblemError } from "@nod/contract/problem";
import type { Question } from "@nod/contract/question";
import type { ReadinessPart } from "@nod/contract/readiness";
import type { RuleStandings } from "@nod/contract/rule-standing";
import type { KillSwitch, KillSwitchMode, KillSwitchPreview, Snapshot, TradingStatus } from "@nod/contract/status";
import type { SkippedPage } from "@nod/contract/skipped";
import type { Snoozes, SnoozeTime } from "@nod/contract/snooze";
import type { AnswerService } from "../pipeline/answer.ts";
import type { UndoOutcome } from "../pipeline/undo.ts";

export type QuestionReads = {
  /** Oldest first. */
  open(uid: string): Promise<Question[]>;
  /** Null when there is none of this user. */
  one(uid: string, questionId: string): Promise<Question | null>;
};

export type ReplaceOutcome =
  | { kind: "replaced"; config: ConfigResponse }
  | { kind: "invalid"; errors: ProblemError[] }
  /** It is no longer the revision that was to be replaced. */
  | { kind: "conflict"; revision: string };

export type CheckOutcome = { kind: "valid"; check: ConfigCheck } | { kind: "invalid"; errors: ProblemError[] };

export type ReadOutcome =
  | { kind: "in_force"; config: ConfigResponse }
  /** The stored document no longer resolves; the errors point into it. */
  | { kind: "broken"; revision: string; errors: ProblemError[] };

export type Configs = {
  read(uid: string): Promise<ReadOutcome>;
  /** Checks `own`, which may be anything. `expectedRevision` null: whatever it is now. */
  replace(uid: string, own: unknown, expectedRevision: string | null): Promise<ReplaceOutcome>;
  /** As `replace` checks, at a time of the database's; stores nothing. */
  check(uid: string, own: unknown, at: Date): Promise<CheckOutcome>;
  templates(): Promise<TemplatesPage["templates"]>;
  chooseTemplate(uid: string, choice: TemplateChoice, expectedRevision: string | null): Promise<ReplaceOutcome>;
};

/** Newest first. A page goes on after an order of the user, so that orders made meanwhile do not shift it. */
export type OrderReads = {
  page(uid: string, afterOrderId: string | null, limit: number): Promise<{ orders: Order[]; hasMore: boolean }>;
  /** Null when there is none of this user. */
  story(uid: string, orderId: string): Promise<OrderStory | null>;
};

/** Newest first, paged as orders are. */
export type ActivityReads = {
  page(uid: string, show: ActivityFilter, afterId: string | null, limit: number): Promise<{ entries: ActivityEntry[]; hasMore: boolean }>;
  /** By a question's id or an order's; null when there is neither of this user. */
  story(uid: string, id: string): Promise<ActivityStory | null>;
};

export type MarketReads = {
  latest(symbols: readonly string[]): Promise<Snapshot[]>;
  priceLine(symbol: string, feed: Feed | null): Promise<Omit<PriceLine, "server_time">>;
};

export type SwitchOutcome = { kind: "set"; killSwitch: KillSwitch } | { kind: "confirmation_needed" } | { kind: "no_such_user" };

/** Whose switch: a user's, or the one over everyone. */
export type SwitchScope = { scope: "user"; firebaseUid: string } | { scope: "all" };

export type Trading = {
  status(uid: string): Promise<TradingStatus>;
  switchOn(scope: SwitchScope, wish: { mode: KillSwitchMode; reason: string | null; setBy: string; confirmation: string | null }): Promise<SwitchOutcome>;
  /** Lifts the switch of this scope and no other; gives what then still holds the user. */
  switchOff(scope: SwitchScope, clearedBy: string): Promise<KillSwitch>;
  /** Null: there is no such user. */
  preview(scope: SwitchScope, mode: KillSwitchMode): Promise<KillSwitchPreview | null>;
};

export type PreviewOutcome =
  | { kind: "previewed"; report: ReplayReport }
  | { kind: "invalid"; errors: ProblemError[] }
  /** One of this user, or too many of others, are under way. */
  | { kind: "busy"; retryAfterSeconds: number };

export type Previews = {
  /** Checks `body`, which may be anything. */
  preview(uid: string, body: unknown): Promise<PreviewOutcome>;
  skipped(uid: string, days: number): Promise<SkippedPage>;
};

export type SnoozeList = {
  list(uid: string): Promise<Snoozes>;
  /** `time` null: the rule may ask again. Gives what then holds. */
  set(uid: string, ruleId: string, time: SnoozeTime | null): Promise<Snoozes>;
};

/** How the user's own affairs stand, from what is stored. */
export type Standings = {
  performance(uid: string, range: PerformanceRange): Promise<Performance>;
  /** Null: no config of his is in force. */
  rules(uid: string): Promise<RuleStandings | null>;
};

/** Never throws: a part that cannot be asked is not ready. */
export type ReadinessProbe = () => Promise<ReadinessPart[]>;

/** Only with AUTH_MODE=local. */
export type DevSessions = { issueToken(uid: string): Promise<string> };

export type Devices = {
  /** The latest first. */
  list(uid: string): Promise<Device[]>;
  /** `pushToken` null: no notifications; undefined: as it was. */
  remember(uid: string, device: { id: string; label: string; pushToken: string | null | undefined }): Promise<void>;
  forget(uid: string, id: string): Promise<void>;
};

export type Services = {
  questions: QuestionReads;
  answers: AnswerService;
  undo(uid: string, questionId: string, requestId: string): Promise<UndoOutcome>;
  configs: Configs;
  orders: OrderReads;
  activity: ActivityReads;
  standings: Standings;
  devices: Devices;
  market: MarketReads;
  snoozes: SnoozeList;
  previews: Previews;
  trading: Trading;
  readiness: ReadinessProbe;
  devSessions: DevSessions | null;
  /** Makes sure that the user's row and config are there; called before the first call of a user, and repeatable. */
  ensureUser(uid: string): Promise<void>;
  /** The database's. */
  now(): Promise<Date>;
};
