import type { ActivityFilter, ActivityPage, ActivityStory } from "@nod/contract/activity";
import type { ClientConfig } from "@nod/contract/client-config";
import type { ConfigCheck, ConfigResponse, DevSessionResponse, TemplatesPage } from "@nod/contract/config-exchange";
import type { DeviceRegistration, DevicesPage } from "@nod/contract/devices";
import type { Order } from "@nod/contract/order";
import type { Performance, PerformanceRange } from "@nod/contract/performance";
import type { PriceLine } from "@nod/contract/price-line";
import type { ReplayReport } from "@nod/contract/preview";
import type { Problem } from "@nod/contract/problem";
import type { AnswerResult, Question, QuestionsPage } from "@nod/contract/question";
import type { RuleStandings } from "@nod/contract/rule-standing";
import type { SkippedPage } from "@nod/contract/skipped";
import type { Snoozes, SnoozeTime } from "@nod/contract/snooze";
import type { KillSwitch, KillSwitchMode, KillSwitchPreview, KillSwitchRequest, SnapshotsPage, TradingStatus } from "@nod/contract/status";
import { serverClock } from "../live/server-clock.ts";
import { connection } from "../live/connection.ts";
import { NoReplyError, OfflineError, RefusedError } from "./errors.ts";
import { currentSession, setSession, type Session } from "./session.ts";

/** A call that takes longer is given up; on loopback it takes milliseconds. */
const replyTimeoutMs = 8_000;
/** The server answers a preview within seven seconds, on a machine that is not overloaded. */
const previewTimeoutMs = 20_000;

async function refusal(response: Response): Promise<RefusedError> {
  let problem: Partial<Problem> = {};
  if (response.headers.get("content-type")?.includes("problem+json") === true) {
    // A refusal without a readable body is still a refusal; its status says enough.
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- read with care below: every field may be missing
    problem = await response.json().catch((): Partial<Problem> => ({}));
  }
  return new RefusedError({
    status: response.status,
    code: problem.code ?? null,
    message: problem.detail ?? problem.title ?? `The server answered ${response.status}.`,
    outcome: problem.outcome ?? null,
    errors: problem.errors ?? [],
  });
}

/** `calledOff`: the person does not want it any more. A call that may take long says nothing of the connection. */
type Patience = { calledOff: AbortSignal; timeoutMs: number };

/**
 * One call. The shape of the reply is the contract's: client and server are built from the same package.
 * @throws RefusedError, NoReplyError or OfflineError, and nothing else.
 */
async function call<Reply>(method: "DELETE" | "GET" | "POST" | "PUT", path: string, body?: unknown, headers: Record<string, string> = {}, patience?: Patience): Promise<Reply> {
  if (!navigator.onLine) throw new OfflineError("This device is offline.");
  const session = currentSession();
  const sentAtMs = Date.now();
  let response: Response;
  let reply: unknown;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: "application/json",
        ...(session === null ? {} : { authorization: `Bearer ${session.token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      signal: patience === undefined ? AbortSignal.timeout(replyTimeoutMs) : AbortSignal.any([patience.calledOff, AbortSignal.timeout(patience.timeoutMs)]),
    });
    reply = response.ok ? await response.json() : undefined;
  } catch (cause) {
    if (patience === undefined) connection.silence();
    throw new NoReplyError("No reply from the server.", { cause });
  }
  // A gateway in front of a stopped server answers 502 to 504: the server itself was not heard.
  if (response.status >= 502 && response.status <= 504 && !response.headers.get("content-type")?.includes("problem+json")) connection.silence();
  else connection.heard();
  if (!response.ok) {
    if (response.status === 401 && session !== null) {
      if (await renewed(session)) return call<Reply>(method, path, body, headers, patience);
      if (currentSession() === session) setSession(null);
    }
    throw await refusal(response);
  }
  serverClock.observe(reply, sentAtMs, Date.now());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one cast: see above
  return reply as Reply;
}

/** A token that has run out is replaced once, where the sign-in can do that; a call that was refused with 401 did nothing. */
async function renewed(session: Session): Promise<boolean> {
  const token = (await session.renew?.().catch(() => null)) ?? null;
  if (token === null || token === session.token) return false;
  setSession({ ...session, token });
  return true;
}

export const http = {
  clientConfig: () => call<ClientConfig>("GET", "/v1/client-config"),
  devices: () => call<DevicesPage>("GET", "/v1/me/devices"),
  putDevice: (id: string, device: DeviceRegistration) => call<DevicesPage>("PUT", `/v1/me/devices/${id}`, device),
  removeDevice: (id: string) => call<DevicesPage>("DELETE", `/v1/me/devices/${id}`),
  startSession: (uid: string) => call<DevSessionResponse>("POST", "/v1/dev/session", { uid }),
  openQuestions: () => call<QuestionsPage>("GET", "/v1/me/questions?status=open"),
  question: (id: string) => call<Question>("GET", `/v1/me/questions/${id}`),
  answer: (questionId: string, answer: number) => call<AnswerResult>("POST", `/v1/me/questions/${questionId}/answer`, { answer }),
  undo: (questionId: string) => call<Order>("POST", `/v1/me/questions/${questionId}/undo`),
  activity: (show: ActivityFilter, cursor: string | null) => call<ActivityPage>("GET", `/v1/me/trading/activity?show=${show}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`),
  /** By a question's id, or an order's. */
  story: (id: string) => call<ActivityStory>("GET", `/v1/me/trading/activity/${encodeURIComponent(id)}`),
  skipped: () => call<SkippedPage>("GET", "/v1/me/trading/skipped"),
  performance: (range: PerformanceRange) => call<Performance>("GET", `/v1/me/trading/performance?range=${range}`),
  ruleStandings: () => call<RuleStandings>("GET", "/v1/me/trading/rules"),
  status: () => call<TradingStatus>("GET", "/v1/me/trading/status"),
  snapshots: (symbols: readonly string[]) => call<SnapshotsPage>("GET", `/v1/me/trading/snapshots?symbol=${encodeURIComponent(symbols.join(","))}`),
  priceLine: (symbol: string) => call<PriceLine>("GET", `/v1/me/trading/bars?symbol=${encodeURIComponent(symbol)}`),
  config: () => call<ConfigResponse>("GET", "/v1/me/trading/config"),
  /** Replaces the person's own document, only while `revision` is still the one that was read. */
  putConfig: (own: unknown, revision: string) => call<ConfigResponse>("PUT", "/v1/me/trading/config", own, { "if-match": `"${revision}"` }),
  /** What `own` would make, without storing it. It may be anything: the server names each fault by its place. */
  checkConfig: (own: unknown) => call<ConfigCheck>("POST", "/v1/me/trading/config/validate", own),
  /** What `own` would have asked in the last days; stores nothing. */
  previewConfig: (own: unknown, days: number, calledOff: AbortSignal) => call<ReplayReport>("POST", "/v1/me/trading/config/preview", { own, days }, {}, { calledOff, timeoutMs: previewTimeoutMs }),
  templates: () => call<TemplatesPage>("GET", "/v1/trading/templates"),
  chooseTemplate: (name: string, discardOwn: boolean, revision: string) => call<ConfigResponse>("PUT", "/v1/me/trading/template", { template_name: name, discard_own: discardOwn }, { "if-match": `"${revision}"` }),
  snoozes: () => call<Snoozes>("GET", "/v1/me/trading/snoozes"),
  snooze: (ruleId: string, time: SnoozeTime | null) => call<Snoozes>("POST", "/v1/me/trading/snoozes", { rule_id: ruleId, for: time }),
  killSwitchPreview: (mode: KillSwitchMode) => call<KillSwitchPreview>("GET", `/v1/me/trading/kill-switch/preview?mode=${mode}`),
  setKillSwitch: (request: KillSwitchRequest) => call<KillSwitch>("POST", "/v1/me/trading/kill-switch", request),
};
