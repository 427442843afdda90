import { Type, type Static } from "typebox";
import { MarketSymbol } from "./primitives.ts";
import { ProblemError } from "./problem.ts";
import { TradingConfig, TradingConfigOverride } from "./trading-config.ts";

/** `GET` and `PUT /v1/me/trading/config`; `revision` is also the `ETag`. */
export const ConfigResponse = Type.Object(
  {
    revision: Type.String(),
    template_name: Type.String(),
    enabled: Type.Boolean(),
    effective: TradingConfig,
    own: TradingConfigOverride,
    rule_texts: Type.Record(Type.String(), Type.String(), { description: "Each effective rule in plain English, by its id." }),
  },
  { $id: "ConfigResponse", additionalProperties: false },
);
export type ConfigResponse = Static<typeof ConfigResponse>;

/** What `PUT` would make of a document, without storing it. */
export const ConfigCheck = Type.Object(
  {
    effective: TradingConfig,
    rule_texts: Type.Record(Type.String(), Type.String(), { description: "Each effective rule in plain English, by its id." }),
    warnings: Type.Array(ProblemError, { description: "What is allowed and probably not meant." }),
  },
  { $id: "ConfigCheck", additionalProperties: false },
);
export type ConfigCheck = Static<typeof ConfigCheck>;

/** A document that a user's own is laid over. */
const Template = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    description: Type.String(),
    symbols: Type.Array(MarketSymbol),
    rule_texts: Type.Record(Type.String(), Type.String(), { description: "Each rule in plain English, by its id." }),
  },
  { additionalProperties: false },
);

export const TemplatesPage = Type.Object({ templates: Type.Array(Template) }, { $id: "TemplatesPage", additionalProperties: false });
export type TemplatesPage = Static<typeof TemplatesPage>;

/** `discard_own`: begins anew with an empty document of one's own; otherwise that stays, if it makes sense over the new template. */
export const TemplateChoice = Type.Object(
  { template_name: Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), discard_own: Type.Optional(Type.Boolean({ default: false })) },
  { $id: "TemplateChoice", additionalProperties: false },
);
export type TemplateChoice = Static<typeof TemplateChoice>;

export const DevSessionRequest = Type.Object(
  { uid: Type.String({ pattern: "^[A-Za-z0-9_.@-]{1,128}$" }) },
  { $id: "DevSessionRequest", additionalProperties: false },
);
export type DevSessionRequest = Static<typeof DevSessionRequest>;

export const DevSessionResponse = Type.Object({ token: Type.String() }, { $id: "DevSessionResponse", additionalProperties: false });
export type DevSessionResponse = Static<typeof DevSessionResponse>;
