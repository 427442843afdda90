import { Type, type Static } from "typebox";

export const Liveness = Type.Object({ status: Type.Literal("ok") }, { $id: "Liveness", additionalProperties: false });
export type Liveness = Static<typeof Liveness>;

export const ReadinessPart = Type.Object(
  {
    name: Type.Enum(["database", "migrations", "broker_reconciled", "market_data", "leases", "hub", "accepting_requests"]),
    ready: Type.Boolean(),
    /** A degraded part is told of, but does not make the whole unready. */
    required: Type.Boolean(),
    detail: Type.String({ description: "One plain sentence, without secrets." }),
  },
  { additionalProperties: false },
);
export type ReadinessPart = Static<typeof ReadinessPart>;

/** `ready` is true when every required part is. */
export const Readiness = Type.Object(
  { ready: Type.Boolean(), parts: Type.Array(ReadinessPart) },
  { $id: "Readiness", additionalProperties: false },
);
export type Readiness = Static<typeof Readiness>;
