/** What is stored of how each of a user's rules stands, in one statement, and what it comes to. */
import type { AssetClass } from "@nod/contract/primitives";
import type { RuleStandings } from "@nod/contract/rule-standing";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import type { Db } from "../db/pool.ts";
import { coverageOf } from "../trading/config/coverage.ts";
import { effectiveConfig } from "../trading/config/resolve.ts";
import { maxSessionAgeSeconds, type MarketSession } from "../trading/market/session-table.ts";
import { describeRule } from "../trading/rules/describe-rule.ts";
import { digestOfSource } from "../trading/rules/gates-table.ts";
import { compileRestraint } from "../trading/rules/restraint.ts";
import { toRuleSource } from "../trading/rules/shorthand.ts";
import { holdsOf, nextPossible, type RuleRecord, type RuleSurroundings, type SessionHours } from "./rule-standing.ts";

/** JSON of one rule's rows; instants are text. */
type RawRecord = {
  rule_id: string;
  asked_at: string | null;
  asked_until: string | null;
  phase: string | null;
  cooldown_until: string | null;
  snoozed_until: string | null;
  source: string | null;
  fired_at: string | null;
  fired_period_ms: number | null;
};

type RawStanding = {
  at: Date;
  enabled: boolean;
  template: unknown;
  own: unknown;
  kill_switch: boolean;
  is_open: boolean | null;
  trading_day: string | null;
  next_open: Date | null;
  next_close: Date | null;
  opens_at: Date | null;
  closes_at: Date | null;
  records: RawRecord[];
};

/** Questions that are older say nothing of today, and are not walked through. */
const askedWithinDays = 90;
const sourceTag = "trading:rule:";

const standingSql = `
  with me as materialized (select $1::text as firebase_uid, clock_timestamp() as at),
  asked as (
    select substr(q.source_tag, length($3::text) + 1) as rule_id, max(q.created_at) as asked_at
      from questions as q, me
     where q.firebase_uid = me.firebase_uid and q.created_at > me.at - $4::int4 * interval '1 day' and q.follow_up_of is null and starts_with(q.source_tag, $3::text)
     group by 1
  ), state as (
    select distinct on (p.subject) p.subject as rule_id, p.phase, nullif(p.cooldown_until, '-infinity') as cooldown_until,
           case when q.status = 'open' and q.expires_at > me.at then q.expires_at end as asked_until
      from me join user_pipeline_state as p on p.firebase_uid = me.firebase_uid and p.pipeline_key in ('trading', 'notice')
      left join questions as q on q.id = p.question_id and q.firebase_uid = p.firebase_uid
     order by p.subject, p.cooldown_until desc
  ), snoozed as (
    select z.rule_id, z.until from card_snoozes as z, me where z.firebase_uid = me.firebase_uid and z.until > me.at
  ), gate as (
    select g.rule_id, g.source, g.fired_at, g.fired_period_ms from rule_gates as g, me where g.firebase_uid = me.firebase_uid
  )
  select me.at, c.enabled, t.config as template, c.config as own,
         exists (select from kill_switches as k where k.scope = 'all' or k.firebase_uid = me.firebase_uid) as kill_switch,
         s.is_open, s.trading_day, s.next_open, s.next_close, d.opens_at, d.closes_at,
         (select coalesce(jsonb_agg(jsonb_build_object(
                   'rule_id', rule_id, 'asked_at', a.asked_at, 'asked_until', st.asked_until, 'phase', st.phase, 'cooldown_until', st.cooldown_until, 'snoozed_until', z.until,
                   'source', g.source, 'fired_at', g.fired_at, 'fired_period_ms', g.fired_period_ms)), '[]')
            from asked as a full join state as st using (rule_id) full join snoozed as z using (rule_id) full join gate as g using (rule_id)) as records
    from me
    join user_trading_config as c on c.firebase_uid = me.firebase_uid
    join trading_config_templates as t on t.name = c.template_name
    left join market_sessions as s
      on s.market = 'us_equity' and s.as_of > me.at - $2::int4 * interval '1 second'
     and me.at < coalesce(case when s.is_open then s.next_close else s.next_open end, 'infinity')
    left join market_calendar as d on d.trading_day = s.trading_day`;

/** How each rule of the user's config stands; null when he has none that is in force. */
export async function readRuleStandings(db: Db, firebaseUid: string): Promise<RuleStandings | null> {
  const { rows } = await db.query<RawStanding>({ name: "read-rule-standings", text: standingSql, values: [firebaseUid, maxSessionAgeSeconds, sourceTag, askedWithinDays] });
  const [row] = rows;
  const config = row === undefined ? null : effectiveConfig(row.template, row.own);
  if (row === undefined || config === null) return null;
  return { rules: standingsOf(row, config), server_time: row.at.toISOString() };
}

function standingsOf(row: RawStanding, config: TradingConfig): RuleStandings["rules"] {
  const sourceOf = coverageOf(config);
  const blocked = new Set(config.guardrails.symbols_blocklist);
  const records = new Map(row.records.map((record) => [record.rule_id, record]));
  const around: Omit<RuleSurroundings, "session" | "hours" | "isCrypto" | "isBlocked"> = {
    at: row.at,
    enabled: row.enabled && config.enabled,
    killSwitchOn: row.kill_switch,
    quietHours: compileRestraint(config).quietHours,
  };
  return config.rules.map((rule) => {
    const raw = records.get(rule.id);
    const holds = holdsOf(rule, recordOf(rule, raw), { ...around, isBlocked: blocked.has(rule.symbol), ...marketOf(row, sourceOf(rule)?.assetClass ?? null) });
    return {
      id: rule.id,
      symbol: rule.symbol,
      description: describeRule(rule),
      enabled: rule.enabled !== false,
      last_fired_at: latest([raw?.asked_at, raw?.fired_at]),
      next_possible_at: nextPossible(holds, row.at),
      holds,
    };
  });
}

function marketOf(row: RawStanding, assetClass: AssetClass | null): Pick<RuleSurroundings, "session" | "hours" | "isCrypto"> {
  if (assetClass === null) return { session: null, hours: null, isCrypto: false };
  if (assetClass === "crypto") return { session: { state: "open", tradingDay: null, nextOpen: null, nextClose: null }, hours: null, isCrypto: true };
  const session: MarketSession = { state: row.is_open === null ? "unknown" : row.is_open ? "open" : "closed", tradingDay: row.trading_day, nextOpen: row.next_open, nextClose: row.next_close };
  const hours: SessionHours | null = row.opens_at === null || row.closes_at === null ? null : { opensAt: row.opens_at, closesAt: row.closes_at };
  return { session, hours, isCrypto: false };
}

/** Another text of the rule is another rule: what the one before did does not hold it. */
function recordOf(rule: Rule, raw: RawRecord | undefined): RuleRecord {
  const isSameText = raw?.source === digestOfSource(JSON.stringify(toRuleSource(rule)));
  return {
    askedUntil: dateOf(raw?.asked_until),
    orderUnderWay: raw?.phase === "submit_order",
    cooldownUntil: dateOf(raw?.cooldown_until),
    snoozedUntil: dateOf(raw?.snoozed_until),
    firings: isSameText && raw.fired_at !== null ? { lastAt: new Date(raw.fired_at), periodMs: raw.fired_period_ms } : null,
  };
}

const dateOf = (text: string | null | undefined): Date | null => (text === null || text === undefined ? null : new Date(text));

function latest(instants: readonly (string | null | undefined)[]): string | null {
  const known = instants.flatMap((each) => (each === null || each === undefined ? [] : [new Date(each).getTime()]));
  return known.length === 0 ? null : new Date(Math.max(...known)).toISOString();
}
