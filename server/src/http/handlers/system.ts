import { guardrailList } from "@nod/contract/guardrail-catalogue";
import { openApiDocument } from "@nod/contract/openapi";
import type { Handlers } from "../call.ts";
import { refuse } from "../call.ts";
import type { Services } from "../services.ts";

export type MetricsText = { text(): Promise<string> };

/** What every process is watched by, whatever else it does. */
export function probeHandlers({ readiness }: Pick<Services, "readiness">, metrics: MetricsText): Pick<Handlers, "getHealth" | "getReadiness" | "getMetrics"> {
  return {
    getHealth: () => Promise.resolve({ kind: "reply", body: { status: "ok" } }),

    async getReadiness() {
      const parts = await readiness();
      const ready = parts.every((part) => part.ready || !part.required);
      return { kind: "reply", status: ready ? 200 : 503, body: { ready, parts } };
    },

    getMetrics: async () => ({ kind: "reply", body: await metrics.text() }),
  };
}

export function systemHandlers(services: Services, metrics: MetricsText): Pick<Handlers, "getHealth" | "getReadiness" | "getMetrics" | "getOpenApi" | "listGuardrails" | "createDevSession"> {
  const { devSessions, ensureUser } = services;
  const document = { ...openApiDocument(), openapi: "3.1.1" as const };
  const guardrails = guardrailList();
  return {
    ...probeHandlers(services, metrics),

    getOpenApi: () => Promise.resolve({ kind: "reply", body: document }),

    listGuardrails: () => Promise.resolve({ kind: "reply", body: guardrails }),

    async createDevSession({ body, fromThisMachine }) {
      if (devSessions === null || !fromThisMachine) return refuse("not_found");
      await ensureUser(body.uid);
      return { kind: "reply", body: { token: await devSessions.issueToken(body.uid) } };
    },
  };
}
