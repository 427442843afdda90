import { Type, type TObject, type TSchema } from "typebox";
import { ActivityFilter, ActivityPage, ActivityStory, defaultActivityPerPage, maxActivityPerPage } from "./activity.ts";
import { ClientConfig } from "./client-config.ts";
import { ConfigCheck, ConfigResponse, DevSessionRequest, DevSessionResponse, TemplateChoice, TemplatesPage } from "./config-exchange.ts";
import { DeviceRegistration, DevicesPage } from "./devices.ts";
import { OrderStory } from "./order-story.ts";
import { GuardrailList } from "./guardrail-catalogue.ts";
import { Order, OrdersPage } from "./order.ts";
import { Performance, PerformanceRange } from "./performance.ts";
import { PreviewRequest, ReplayReport } from "./preview.ts";
import { PriceLine } from "./price-line.ts";
import { Feed, MarketSymbol, Uuid } from "./primitives.ts";
import type { ProblemCode } from "./problem.ts";
import { AnswerRequest, AnswerResult, Question, QuestionsPage } from "./question.ts";
import { Liveness, Readiness } from "./readiness.ts";
import { RuleStandings } from "./rule-standing.ts";
import { KillSwitch, KillSwitchMode, KillSwitchPreview, KillSwitchRequest, OperatorKillSwitchRequest, SnapshotsPage, TradingStatus } from "./status.ts";
import { maxSkippedDays, SkippedPage } from "./skipped.ts";
import { SnoozeRequest, Snoozes } from "./snooze.ts";
import { TradingConfigOverride } from "./trading-config.ts";

/**
 * One HTTP call: the server routes and validates by it, OpenAPI is written from it.
 * `auth`: `user` takes a bearer token, `operator` is for loopback or the operator's token, `none` for everybody.
 */
export type Operation = {
  method: "delete" | "get" | "post" | "put";
  /** As in OpenAPI, with `{name}` for a parameter. */
  path: string;
  summary: string;
  description?: string;
  auth: "none" | "operator" | "user";
  params?: TObject;
  query?: TObject;
  body?: TSchema;
  /** The service behind the route checks the body itself, and names more faults than the schema can. */
  bodyCheckedByService?: true;
  /** Largest request body in bytes. */
  maxBodyBytes?: number;
  response: TSchema;
  contentType?: string;
  /** Answers with an `ETag` of the revision and honours `If-Match`. */
  revisioned?: true;
  /** Statuses beside 200 that carry the same response. */
  alsoAnswers?: readonly number[];
  /** Beside those that its `auth` and `body` bring along. */
  problems?: readonly ProblemCode[];
};

const smallBodyBytes = 16_384;
/** 200 rules with templates of 280 characters, each of them escaped, stay under it. */
const configBodyBytes = 524_288;

export const maxOrdersPerPage = 100;
export const defaultOrdersPerPage = 25;
export const maxSymbolsPerSnapshotCall = 30;

const ById = Type.Object({ id: Uuid }, { additionalProperties: false });
/** As in MarketSymbol, without its anchors. */
const symbolPattern = "[A-Z][A-Z0-9.]{0,9}(/[A-Z]{3,5})?";

/** Every call, by its `operationId`. */
export const operations = {
  getHealth: { method: "get", path: "/healthz", summary: "Whether the process is alive", auth: "none", response: Liveness },
  getReadiness: {
    method: "get",
    path: "/readyz",
    summary: "Whether it can do its work, part by part",
    description: "200 when every required part is ready, 503 otherwise, with the same body.",
    auth: "none",
    response: Readiness,
    alsoAnswers: [503],
  },
  getMetrics: {
    method: "get",
    path: "/metrics",
    summary: "Figures for Prometheus",
    description: "Answers loopback without credentials as long as no operator token is set; with one, only who bears it. Everybody else gets 404.",
    auth: "operator",
    response: Type.String(),
    contentType: "text/plain",
    problems: ["not_found"],
  },
  getOpenApi: {
    method: "get",
    path: "/openapi.json",
    summary: "This document",
    auth: "none",
    response: Type.Object({ openapi: Type.Literal("3.1.1") }),
  },
  getClientConfig: {
    method: "get",
    path: "/v1/client-config",
    summary: "How to sign in here, and whether pushes are sent",
    description: "For a client before anybody has signed in; nothing of it is secret.",
    auth: "none",
    response: ClientConfig,
    problems: ["rate_limited"],
  },
  listGuardrails: {
    method: "get",
    path: "/v1/guardrails",
    summary: "Every reason for which no order is made or sent",
    description: "In the order in which they are looked at, each with the fields that a decision's `limits` carry.",
    auth: "none",
    response: GuardrailList,
    problems: ["rate_limited"],
  },
  createDevSession: {
    method: "post",
    path: "/v1/dev/session",
    summary: "A token for a made-up user",
    description: "Only with AUTH_MODE=local and only from this machine; 404 otherwise.",
    auth: "none",
    body: DevSessionRequest,
    maxBodyBytes: smallBodyBytes,
    response: DevSessionResponse,
    problems: ["not_found", "rate_limited"],
  },
  listQuestions: {
    method: "get",
    path: "/v1/me/questions",
    summary: "The questions that are open now, oldest first",
    auth: "user",
    query: Type.Object({ status: Type.Optional(Type.Literal("open")) }, { additionalProperties: false }),
    response: QuestionsPage,
  },
  getQuestion: {
    method: "get",
    path: "/v1/me/questions/{id}",
    summary: "One question, open or closed",
    auth: "user",
    params: ById,
    response: Question,
    problems: ["not_found"],
  },
  answerQuestion: {
    method: "post",
    path: "/v1/me/questions/{id}/answer",
    summary: "Answers a question",
    description:
      "The outcome, and the order if one was made. The same answer again gets the stored result; another answer after it closed gets 409 with how it had closed. A question of another user is 404, as one that does not exist.",
    auth: "user",
    params: ById,
    body: AnswerRequest,
    maxBodyBytes: smallBodyBytes,
    response: AnswerResult,
    problems: ["not_found", "question_closed", "question_expired"],
  },
  undoAnswer: {
    method: "post",
    path: "/v1/me/questions/{id}/undo",
    summary: "Takes an approval back before anything was sent",
    description: "Until the order's `undo_until`. Gives the order as it then stands; once more gives the same. 409 with what stands when it is too late or there is nothing to take back.",
    auth: "user",
    params: ById,
    response: Order,
    problems: ["not_found", "undo_not_possible"],
  },
  listDevices: {
    method: "get",
    path: "/v1/me/devices",
    summary: "The devices in which the user has signed in, the latest first",
    auth: "user",
    response: DevicesPage,
  },
  putDevice: {
    method: "put",
    path: "/v1/me/devices/{id}",
    summary: "Says that a device is here, and whether pushes may be sent to it",
    description: "The id is the device's own. A push token belongs to one device of one user: the last one that names it.",
    auth: "user",
    params: ById,
    body: DeviceRegistration,
    maxBodyBytes: smallBodyBytes,
    response: DevicesPage,
  },
  removeDevice: {
    method: "delete",
    path: "/v1/me/devices/{id}",
    summary: "Forgets a device: nothing is pushed to it any longer",
    description: "The same when there is none of that id. It does not sign the device out.",
    auth: "user",
    params: ById,
    response: DevicesPage,
  },
  getTradingConfig: {
    method: "get",
    path: "/v1/me/trading/config",
    summary: "The effective config, the user's own document and its revision",
    auth: "user",
    description: "422 when the stored document no longer makes sense under today's template: nothing of it is in force then, and a PUT mends it.",
    response: ConfigResponse,
    revisioned: true,
    problems: ["validation_failed"],
  },
  putTradingConfig: {
    method: "put",
    path: "/v1/me/trading/config",
    summary: "Replaces the user's own document",
    description: "With `If-Match`, only while the revision is still that one; otherwise 412.",
    auth: "user",
    body: TradingConfigOverride,
    bodyCheckedByService: true,
    maxBodyBytes: configBodyBytes,
    response: ConfigResponse,
    revisioned: true,
    problems: ["revision_conflict"],
  },
  checkTradingConfig: {
    method: "post",
    path: "/v1/me/trading/config/validate",
    summary: "Checks a document without storing it",
    description: "Refused exactly as PUT would refuse it, each fault with its place; otherwise what would be in force, its rules in plain English, and warnings.",
    auth: "user",
    body: TradingConfigOverride,
    bodyCheckedByService: true,
    maxBodyBytes: configBodyBytes,
    response: ConfigCheck,
  },
  previewTradingConfig: {
    method: "post",
    path: "/v1/me/trading/config/preview",
    summary: "What a config would have asked in the last days, and what each question would have made",
    description:
      "The stored minutes of sessions that are over, through the engine, the proposals and the guardrails that run live, with every card approved at once. Fills are on the next minute, at its open and worse. Stores nothing. One preview of a user at a time: 429 while one runs.",
    auth: "user",
    body: PreviewRequest,
    bodyCheckedByService: true,
    maxBodyBytes: configBodyBytes,
    response: ReplayReport,
  },
  listSkipped: {
    method: "get",
    path: "/v1/me/trading/skipped",
    summary: "What the questions that were skipped or ran out would have made",
    description: "Entered at the next minute's open after the question closed, left by the exits that it proposed or at the day's close; fees and slippage included.",
    auth: "user",
    query: Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1, maximum: maxSkippedDays, default: maxSkippedDays })) }, { additionalProperties: false }),
    response: SkippedPage,
  },
  listTemplates: {
    method: "get",
    path: "/v1/trading/templates",
    summary: "The templates that there are to choose from",
    auth: "user",
    response: TemplatesPage,
  },
  chooseTemplate: {
    method: "put",
    path: "/v1/me/trading/template",
    summary: "Puts another template under the user's own document",
    description: "Refused while the user's own document makes no sense over it, unless that is discarded. With `If-Match`, only while the revision is still that one; otherwise 412.",
    auth: "user",
    body: TemplateChoice,
    maxBodyBytes: smallBodyBytes,
    response: ConfigResponse,
    revisioned: true,
    problems: ["revision_conflict"],
  },
  listOrders: {
    method: "get",
    path: "/v1/me/trading/orders",
    summary: "Orders, newest first, a page at a time",
    description: "Follow `next_cursor` until it is null; an order made meanwhile does not shift the pages.",
    auth: "user",
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxOrdersPerPage, default: defaultOrdersPerPage })),
        cursor: Type.Optional(Type.String({ maxLength: 200, pattern: "^[A-Za-z0-9_-]+$", description: "Opaque: the `next_cursor` of the page before." })),
      },
      { additionalProperties: false },
    ),
    response: OrdersPage,
  },
  getOrderStory: {
    method: "get",
    path: "/v1/me/trading/orders/{id}/story",
    summary: "How one order came about and what became of it, oldest first",
    description: "The facts, the rule, the question, the answer, each decision, each attempt to send, the broker's words and the fills. An order of another user is 404, as one that does not exist.",
    auth: "user",
    params: ById,
    response: OrderStory,
    problems: ["not_found"],
  },
  listActivity: {
    method: "get",
    path: "/v1/me/trading/activity",
    summary: "Questions and orders as stories, newest first, a page at a time",
    description: "A question and its order are one story. Follow `next_cursor`, with the same `show`, until it is null; what begins meanwhile does not shift the pages.",
    auth: "user",
    query: Type.Object(
      {
        show: Type.Optional(ActivityFilter),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxActivityPerPage, default: defaultActivityPerPage })),
        cursor: Type.Optional(Type.String({ maxLength: 200, pattern: "^[A-Za-z0-9_-]+$", description: "Opaque: the `next_cursor` of the page before." })),
      },
      { additionalProperties: false },
    ),
    response: ActivityPage,
  },
  getActivityStory: {
    method: "get",
    path: "/v1/me/trading/activity/{id}",
    summary: "One story with everything that was recorded of it, oldest first",
    description: "By its question's id, or its order's. The facts, the rule, the question, the answer, and where an order was made all that is in its own story.",
    auth: "user",
    params: ById,
    response: ActivityStory,
    problems: ["not_found"],
  },
  getPerformance: {
    method: "get",
    path: "/v1/me/trading/performance",
    summary: "What the user's own orders have come to, as a curve",
    description: "Holdings at stored prices, and the cash of buys and sells, since the first fill. Where a price is missing the point is unknown and never guessed.",
    auth: "user",
    query: Type.Object({ range: Type.Optional(PerformanceRange) }, { additionalProperties: false }),
    response: Performance,
  },
  listRuleStandings: {
    method: "get",
    path: "/v1/me/trading/rules",
    summary: "Each rule: when it last fired, what holds it now, when it can ask again",
    auth: "user",
    response: RuleStandings,
  },
  listSnapshots: {
    method: "get",
    path: "/v1/me/trading/snapshots",
    summary: "The latest facts of a symbol",
    auth: "user",
    query: Type.Object(
      {
        symbol: Type.String({
          pattern: `^${symbolPattern}(,${symbolPattern}){0,${maxSymbolsPerSnapshotCall - 1}}$`,
          description: `One symbol, or up to ${maxSymbolsPerSnapshotCall} with commas between them.`,
          examples: ["SPY"],
        }),
      },
      { additionalProperties: false },
    ),
    response: SnapshotsPage,
  },
  getPriceLine: {
    method: "get",
    path: "/v1/me/trading/bars",
    summary: "The day's price line of a symbol",
    auth: "user",
    query: Type.Object({ symbol: MarketSymbol, feed: Type.Optional(Feed) }, { additionalProperties: false }),
    response: PriceLine,
  },
  listSnoozes: { method: "get", path: "/v1/me/trading/snoozes", summary: "Rules that do not ask for a while", auth: "user", response: Snoozes },
  snoozeRule: {
    method: "post",
    path: "/v1/me/trading/snoozes",
    summary: "Lets a rule not ask for a while, or ask again",
    description: "For an hour, until New York's midnight, or for seven days. A card that is open stays open; `for: null` ends the snooze.",
    auth: "user",
    body: SnoozeRequest,
    maxBodyBytes: smallBodyBytes,
    response: Snoozes,
  },
  getTradingStatus: {
    method: "get",
    path: "/v1/me/trading/status",
    summary: "Positions, headroom under each guardrail, kill switch, mode",
    auth: "user",
    response: TradingStatus,
  },
  setKillSwitch: {
    method: "post",
    path: "/v1/me/trading/kill-switch",
    summary: "Switches the user's kill switch on or off",
    description: "Answers with the switch that now holds for the user; an operator's switch over all users stays. `flatten` needs the token of a preview.",
    auth: "user",
    body: KillSwitchRequest,
    maxBodyBytes: smallBodyBytes,
    response: KillSwitch,
  },
  previewKillSwitch: {
    method: "get",
    path: "/v1/me/trading/kill-switch/preview",
    summary: "What the user's kill switch would do now",
    auth: "user",
    query: Type.Object({ mode: KillSwitchMode }, { additionalProperties: false }),
    response: KillSwitchPreview,
  },
  setOperatorKillSwitch: {
    method: "post",
    path: "/v1/operator/kill-switch",
    summary: "Switches a kill switch over everyone, or over one user, on or off",
    description: "For who bears the operator's token; without one set, for this machine. Switching off lifts the switch of the scope that is named and no other.",
    auth: "operator",
    body: OperatorKillSwitchRequest,
    maxBodyBytes: smallBodyBytes,
    response: KillSwitch,
    problems: ["not_found"],
  },
  previewOperatorKillSwitch: {
    method: "get",
    path: "/v1/operator/kill-switch/preview",
    summary: "What a kill switch over everyone, or over one user, would do now",
    auth: "operator",
    query: Type.Object({ mode: KillSwitchMode, uid: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: "Left out: everyone." })) }, { additionalProperties: false }),
    response: KillSwitchPreview,
    problems: ["not_found"],
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

/** The problems that a call may answer with: its own, and those that its `auth`, `query` and `body` bring along. */
export function problemsOf(operation: Operation): ProblemCode[] {
  const codes = new Set<ProblemCode>(["internal", ...(operation.problems ?? [])]);
  if (operation.auth === "user") for (const code of ["unauthenticated", "rate_limited", "unavailable"] as const) codes.add(code);
  if (operation.query !== undefined) codes.add("validation_failed");
  if (operation.body !== undefined) {
    for (const code of ["malformed_json", "validation_failed", "unsupported_media_type", "body_too_large"] as const) codes.add(code);
  }
  return [...codes];
}
