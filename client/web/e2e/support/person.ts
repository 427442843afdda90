/** A person with a config of their own, over the API; the browser is for what a person does with a card. */
import type { TradingConfigOverride } from "@nod/contract/trading-config";
import type { Stack } from "./stack.ts";

/** The default template's rules; a test asks only what it means to ask. */
const templateRules = ["dip_confirm", "ibm_dip", "aig_dip_amount"];
const dipPrice = "98.40";

export type DipRule = { symbol: string; notional?: number; ask?: { min: number; max: number }; expiresInSeconds?: number };

export type Person = { uid: string; token: string };

async function call(stack: Stack, method: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(stack.address + path, {
    method,
    // A connection for each call: one that was kept can be closed by the server in the moment in which a call is sent on it.
    headers: { connection: "close", "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export async function createPerson(stack: Stack, uid: string): Promise<Person> {
  const session = await call(stack, "POST", "/v1/dev/session", { uid });
  if (typeof session !== "object" || session === null || !("token" in session) || typeof session.token !== "string") throw new Error("no token");
  return { uid, token: session.token };
}

/** The flat market does what the rules wait for: 1.6 % below the previous close. */
export function dip(stack: Stack, symbol: string): void {
  stack.simulator.control.setPrice(symbol, dipPrice);
}

/** Answers over the API, as another device would; -10 to 10. */
export async function answerElsewhere(stack: Stack, person: Person, questionId: string, answer: number): Promise<void> {
  await call(stack, "POST", `/v1/me/questions/${questionId}/answer`, { answer }, person.token);
}

/** From now on this person is asked when one of the symbols is 1.5 % or more below its previous close. */
export async function watch(stack: Stack, person: Person, rules: readonly DipRule[], guardrails: TradingConfigOverride["guardrails"] = {}): Promise<void> {
  const own: TradingConfigOverride = {
    data_inputs: [{ id: "primary_watchlist", symbols: rules.map(({ symbol }) => symbol), poll_interval_seconds: 5 }],
    rules: [
      ...templateRules.map((id) => ({ id, enabled: false })),
      ...rules.map(({ symbol, notional = 10, ask, expiresInSeconds = 120 }) => ({
        id: `dip_${symbol.toLowerCase()}`,
        type: "price_below_pct_of_ref" as const,
        symbol,
        ref_metric: "prev_close" as const,
        threshold_pct: -1.5,
        question_template: "{{symbol}} is down {{pct}}% vs yesterday. Buy some?",
        on_answer_match: { action: "propose_order" as const, side: "buy" as const, notional_usd: ask === undefined ? notional : { ask } },
        cooldown_seconds: 3_600,
        expires_in_seconds: expiresInSeconds,
        max_staleness_seconds: 180,
        max_drift_bps: 50,
      })),
    ],
    guardrails,
  };
  await call(stack, "PUT", "/v1/me/trading/config", own, person.token);
}
