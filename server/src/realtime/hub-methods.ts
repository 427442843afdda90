import type { QuestionsHubClient, QuestionsHubServer } from "@nod/contract/hub";
import type { Order } from "@nod/contract/order";
import type { AnswerResult, QuestionOutcome } from "@nod/contract/question";
import { defineHub, HubError, type HubDefinition, type HubLogger } from "@nod/signalr-server";
import type { Db } from "../db/pool.ts";
import { isDatabaseUnavailable } from "../db/unavailable.ts";
import { acknowledge } from "../trading/outbox/outbox-table.ts";
import { createCallLimit } from "./call-limit.ts";
import { hubProblem, parseAnswer, parseQuestionId, parseSeq } from "./hub-arguments.ts";
import type { Delivery } from "./outbox-delivery.ts";

/** A client that has not called `Sync` by then is pushed what comes from then on. */
const defaultSyncGraceMs = 2_000;

/** What the pipeline's answer service says; the hub stands beside the pipeline and does not know it. */
export type HubAnswerOutcome =
  | { kind: "answered"; result: AnswerResult }
  | { kind: "not_found" }
  | { kind: "closed"; outcome: QuestionOutcome; expired: boolean }
  | { kind: "invalid"; errors: readonly { pointer: string; message: string }[] };

export type HubUndoOutcome = { kind: "undone"; order: Order } | { kind: "not_found" } | { kind: "not_possible"; why: string };

export type HubMethodSettings = {
  pool: Db;
  /** Sees one user. */
  dbOf(uid: string): Db;
  answer(uid: string, questionId: string, value: number): Promise<HubAnswerOutcome>;
  undo(uid: string, questionId: string): Promise<HubUndoOutcome>;
  callsPerUserPerMinute: number;
  /** Default 2,000. */
  syncGraceMs?: number;
  logger: HubLogger;
};

/** The hub's methods: whose they are is the connection's business alone, never an argument's. */
export function defineQuestionsHub(settings: HubMethodSettings, delivery: Delivery): HubDefinition<QuestionsHubServer, QuestionsHubClient> {
  const { pool, logger, syncGraceMs = defaultSyncGraceMs } = settings;
  const limit = createCallLimit(settings.callsPerUserPerMinute);
  const graceOf = new Map<string, NodeJS.Timeout>();
  const endGrace = (connectionId: string): void => {
    clearTimeout(graceOf.get(connectionId));
    graceOf.delete(connectionId);
  };

  return defineHub<QuestionsHubServer, QuestionsHubClient>({
    methods: {
      Sync: {
        parse: parseSeq,
        async handler({ connection }, lastSeq) {
          endGrace(connection.id);
          const { seq } = await delivery.sync(connection, uidOf(connection), lastSeq);
          return { seq, server_time: (await databaseNow(pool)).toISOString() };
        },
      },
      Ack: {
        parse: parseSeq,
        async handler({ connection }, seq) {
          await acknowledge(settings.dbOf(uidOf(connection)), uidOf(connection), seq);
        },
      },
      AnswerQuestion: {
        parse: parseAnswer,
        handler: async ({ connection }, id, value) => resultOf(await settings.answer(uidOf(connection), id, value)),
      },
      UndoAnswer: {
        parse: parseQuestionId,
        async handler({ connection }, id) {
          const outcome = await settings.undo(uidOf(connection), id);
          if (outcome.kind === "undone") return outcome.order;
          throw outcome.kind === "not_found" ? hubProblem("not_found", "There is no such question.") : hubProblem("undo_not_possible", outcome.why);
        },
      },
    },
    filters: [
      async ({ call, method }, next) => {
        if (limit.refuse(uidOf(call.connection)) !== null) throw hubProblem("rate_limited", `At most ${settings.callsPerUserPerMinute} calls a minute. Nothing was done.`);
        try {
          return await next();
        } catch (error) {
          if (error instanceof HubError) throw error;
          if (isDatabaseUnavailable(error)) throw hubProblem("unavailable", "The database cannot be reached. Try again; an answer counts only once.", error);
          logger.error({ err: error, method }, "a hub call failed");
          throw hubProblem("internal", "Something went wrong on our side.", error);
        }
      },
    ],
    onConnected({ connection }) {
      const uid = uidOf(connection);
      delivery.opened(connection, uid);
      const startAnyway = (): void => {
        delivery.startWithout(connection, uid).catch((error: unknown) => {
          logger.warn({ err: error }, "a connection could not be brought up to date");
          if (!connection.signal.aborted) graceOf.set(connection.id, setTimeout(startAnyway, syncGraceMs));
        });
      };
      graceOf.set(connection.id, setTimeout(startAnyway, syncGraceMs));
    },
    onDisconnected(connection) {
      endGrace(connection.id);
      delivery.closed(connection.id, uidOf(connection));
    },
  });
}

/** Nobody gets as far as a call without having been authenticated. */
function uidOf(connection: { userId: string | undefined }): string {
  if (connection.userId === undefined) throw hubProblem("unauthenticated", "Sign in first.");
  return connection.userId;
}

function resultOf(outcome: HubAnswerOutcome): AnswerResult {
  switch (outcome.kind) {
    case "answered":
      return outcome.result;
    case "not_found":
      throw hubProblem("not_found", "There is no such question.");
    case "closed":
      throw outcome.expired
        ? hubProblem("question_expired", "It expired before this answer came. No order was sent for this answer.")
        : hubProblem("question_closed", `It was closed before this answer came: ${outcome.outcome}. This answer changed nothing.`);
    case "invalid":
      throw hubProblem("validation_failed", `${outcome.errors.map(({ message }) => `The answer ${message}.`).join(" ")} No order was sent.`);
  }
}

async function databaseNow(pool: Db): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>({ name: "hub-now", text: "select clock_timestamp() as now" });
  if (rows[0] === undefined) throw new Error("a select without a condition returned no row");
  return rows[0].now;
}
