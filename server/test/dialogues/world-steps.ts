/** Lines of people, of the operator, of the market, of the clock and of the process. */
import { withTransaction } from "../../src/db/transaction.ts";
import { undoAnswer } from "../../src/pipeline/undo.ts";
import { previewKillSwitch } from "../../src/trading/portfolio/kill-switch-preview.ts";
import { clearKillSwitch, setKillSwitch, type KillSwitchScope } from "../../src/trading/risk/kill-switch-table.ts";
import { expireQuestions } from "../../src/pipeline/expire.ts";
import { ask, openTheMarket, setPrice } from "../support/trading-floor.ts";
import { Mismatch } from "./mismatch.ts";
import type { Stage } from "./stage.ts";
import { eventually, given, personOf, uidOf, type Said, type Step } from "./step.ts";

const buyOrSale = String.raw`a (?<side>buy|sale) of \$(?<usd>[\d.]+) of (?<symbol>[A-Z]+)`;

async function askPerson(stage: Stage, who: string, said: Said): Promise<void> {
  const person = personOf(who);
  const expires = said["seconds"] === undefined ? {} : { expiresInSeconds: Number(said["seconds"]) };
  const side = said["side"] === "sale" ? ("sell" as const) : ("buy" as const);
  stage.questions.set(person, await ask(stage.database.ownerPool, stage.uid(person), { symbol: given(said, "symbol"), side, notional: given(said, "usd"), ...expires }));
}

async function answer(stage: Stage, who: string, value: number, label: string | undefined): Promise<void> {
  const person = personOf(who);
  const questionId = stage.questions.get(person);
  if (questionId === undefined) throw new Mismatch(`${who} was not asked anything`);
  const outcome = await stage.answer(person, questionId, value);
  stage.last.refusal = outcome.kind === "answered" ? null : outcome.kind;
  if (outcome.kind !== "answered") return;
  stage.last.code = outcome.result.decision?.code ?? null;
  const { order } = outcome.result;
  if (order === null) return;
  stage.orders.set("", order.id);
  if (label !== undefined) stage.orders.set(label, order.id);
  stage.desk()?.orderPlaced();
}

async function setSwitch(stage: Stage, scope: KillSwitchScope, mode: string): Promise<void> {
  if (mode !== "block_new" && mode !== "cancel_only" && mode !== "flatten") throw new Mismatch(`there is no mode ${mode}`);
  const pool = stage.database.ownerPool;
  const preview = mode === "flatten" ? await previewKillSwitch(pool, scope, mode) : null;
  await withTransaction(pool, (tx) => setKillSwitch(tx, scope, { mode, reason: "said so", setBy: "dialogue", confirmation: preview?.confirmation?.token ?? null }));
  stage.desk()?.killSwitchChanged();
}

const clearSwitch = async (stage: Stage, scope: KillSwitchScope): Promise<void> => {
  await withTransaction(stage.database.ownerPool, (tx) => clearKillSwitch(tx, scope, "dialogue"));
  stage.desk()?.killSwitchChanged();
};

/** Everything that waits for a time, or runs out at one, comes nearer by so much. Facts stay as fresh as they were. */
async function moveClock(stage: Stage, seconds: number): Promise<void> {
  const pool = stage.database.ownerPool;
  await pool.query(
    `update trade_orders set unknown_since = unknown_since - s, next_lookup_at = next_lookup_at - s, approval_expires_at = approval_expires_at - s, undo_until = undo_until - s,
                             next_submit_at = next_submit_at - s, cancel_requested_at = cancel_requested_at - s
     from (select make_interval(secs => $1) as s) as moved where is_open`,
    [seconds],
  );
  await pool.query("update questions set created_at = created_at - make_interval(secs => $1), expires_at = expires_at - make_interval(secs => $1) where status = 'open'", [seconds]);
  await expireQuestions(pool);
}

const whoSays = ["ann", "bob"].flatMap((who): Step[] => [
  {
    actor: who, form: "approves a buy|sale of $10 of SPY [as A]", pattern: new RegExp(`^approves ${buyOrSale}(?: as (?<label>[A-Z]))?$`),
    run: async (stage, said) => {
      await askPerson(stage, who, said);
      await answer(stage, who, 10, said["label"]);
    },
  },
  { actor: who, form: "is asked about a buy|sale of $10 of SPY [for 60 s]", pattern: new RegExp(`^is asked about ${buyOrSale}(?: for (?<seconds>\\d+) s)?$`), run: (stage, said) => askPerson(stage, who, said) },
  { actor: who, form: "answers yes|no [as A]", pattern: /^answers (?<word>yes|no)(?: as (?<label>[A-Z]))?$/, run: (stage, said) => answer(stage, who, said["word"] === "yes" ? 10 : -10, said["label"]) },
  {
    actor: who, form: "takes it back", pattern: /^takes it back$/,
    run: async (stage) => {
      const outcome = await undoAnswer(stage.database.pool, uidOf(stage, who), stage.questions.get(personOf(who)) ?? "", { via: "http", requestId: "dialogue" });
      stage.last.refusal = outcome.kind === "not_possible" ? outcome.why : outcome.kind === "not_found" ? "not found" : null;
    },
  },
  { actor: who, form: "sets block_new|cancel_only|flatten", pattern: /^sets (?<mode>\w+)$/, run: (stage, said) => setSwitch(stage, { scope: "user", firebaseUid: uidOf(stage, who) }, given(said, "mode")) },
  { actor: who, form: "clears the kill switch", pattern: /^clears the kill switch$/, run: (stage) => clearSwitch(stage, { scope: "user", firebaseUid: uidOf(stage, who) }) },
]);

export const worldSteps: readonly Step[] = [
  ...whoSays,
  { actor: "operator", form: "sets block_new|cancel_only|flatten for all", pattern: /^sets (?<mode>\w+) for all$/, run: (stage, said) => setSwitch(stage, { scope: "all" }, given(said, "mode")) },
  { actor: "operator", form: "clears the kill switch for all", pattern: /^clears the kill switch for all$/, run: (stage) => clearSwitch(stage, { scope: "all" }) },
  {
    actor: "operator", form: "gives everybody 60 s to take it back", pattern: /^gives everybody (?<seconds>\d+) s to take it back$/,
    run: async (stage, said) => {
      const own = JSON.stringify({ guardrails: { undo_seconds: Number(said["seconds"]) } });
      await stage.database.ownerPool.query("update user_trading_config set config = $2::jsonb where firebase_uid = any($1)", [[uidOf(stage, "ann"), uidOf(stage, "bob")], own]);
    },
  },
  { actor: "market", form: "trades SPY at 101", pattern: /^trades (?<symbol>[A-Z]+) at (?<price>[\d.]+)$/, run: (stage, said) => setPrice(stage.database.ownerPool, [given(said, "symbol")], given(said, "price")) },
  {
    actor: "market", form: "is silent about SPY for 600 s", pattern: /^is silent about (?<symbol>[A-Z]+) for (?<seconds>\d+) s$/,
    run: (stage, said) => setPrice(stage.database.ownerPool, [given(said, "symbol")], "100", Number(said["seconds"])),
  },
  {
    actor: "market", form: "closes", pattern: /^closes$/,
    run: async (stage) => {
      stage.broker.isOpen = false;
      await stage.database.ownerPool.query("update market_sessions set is_open = false, next_close = null, next_open = now() + interval '2 hours', as_of = now()");
    },
  },
  {
    actor: "market", form: "opens", pattern: /^opens$/,
    run: async (stage) => {
      stage.broker.isOpen = true;
      await openTheMarket(stage.database.ownerPool);
    },
  },
  { actor: "clock", form: "moves on 60 s", pattern: /^moves on (?<seconds>\d+) s$/, run: (stage, said) => moveClock(stage, Number(said["seconds"])) },
  { actor: "process", form: "stops", pattern: /^stops$/, run: (stage) => stage.stopDesk() },
  { actor: "process", form: "dies", pattern: /^dies$/, run: (stage) => stage.killDesk() },
  {
    actor: "process", form: "starts", pattern: /^starts$/,
    run: async (stage) => {
      await stage.startDesk();
      await eventually(stage, "a process that has compared the books", () => Promise.resolve({ holds: stage.isReady(), seen: "one that has not" }));
    },
  },
  { actor: "process", form: "starts, and cannot compare the books", pattern: /^starts, and cannot compare the books$/, run: (stage) => stage.startDesk() },
];
