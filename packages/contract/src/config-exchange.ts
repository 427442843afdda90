import { Type, type Static } from "typebox";
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

export const DevSessionRequest = Type.Object(
  { uid: Type.String({ pattern: "^[A-Za-z0-9_.@-]{1,128}$" }) },
  { $id: "DevSessionRequest", additionalProperties: false },
);
export type DevSessionRequest = Static<typeof DevSessionRequest>;

export const DevSessionResponse = Type.Object({ token: Type.String() }, { $id: "DevSessionResponse", additionalProperties: false });
export type DevSessionResponse = Static<typeof DevSessionResponse>;
