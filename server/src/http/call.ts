import type { OperationId, operations } from "@nod/contract/operations";
import type { ProblemCode, ProblemError } from "@nod/contract/problem";
import type { Static, TSchema } from "typebox";

type OperationOf<Id extends OperationId> = (typeof operations)[Id];
type StaticOf<Described, Key extends string> = Described extends { readonly [K in Key]: infer Schema extends TSchema } ? Static<Schema> : undefined;

/** One validated call, as its handler sees it: nothing of HTTP is left but what has a meaning. */
export type Call<Id extends OperationId> = {
  /** Whose call it is; an empty text for calls without `auth: "user"`. */
  uid: string;
  params: StaticOf<OperationOf<Id>, "params">;
  query: StaticOf<OperationOf<Id>, "query">;
  body: OperationOf<Id> extends { readonly bodyCheckedByService: true } ? unknown : StaticOf<OperationOf<Id>, "body">;
  /** The revision that `If-Match` names; null for none and for `*`. */
  ifMatch: string | null;
  fromThisMachine: boolean;
  requestId: string;
};

export type Reply<Id extends OperationId> = {
  kind: "reply";
  body: StaticOf<OperationOf<Id>, "response">;
  status?: number;
  revision?: string;
};

/** A refusal becomes an RFC 9457 problem. */
export type Refusal = {
  kind: "refusal";
  code: ProblemCode;
  detail?: string;
  errors?: ProblemError[];
  outcome?: string;
  revision?: string;
  retryAfterSeconds?: number;
};

export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<Reply<Id> | Refusal>;
export type Handlers = { [Id in OperationId]: Handler<Id> };

export const refuse = (code: ProblemCode, more: Omit<Refusal, "kind" | "code"> = {}): Refusal => ({ kind: "refusal", code, ...more });
