/** Law 6: what is missing, old, of another day or of the future. */
import type { Proof, Removal } from "../removal.ts";

const rules: [Proof] = [{ file: "server/src/trading/rules/rule-index.test.ts" }];
const decide: [Proof] = [{ file: "server/src/trading/risk/decide.test.ts" }];
const tables = (named: string): [Proof] => [{ file: "server/test/trading/market-tables.test.ts", named }];
const limits = (named: string): [Proof] => [{ file: "server/test/pipeline/guardrails.test.ts", named }];
const counts = (named: string): [Proof] => [{ file: "server/test/pipeline/what-counts.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 6 }, file, find, replace, tests });

const book = "server/src/trading/market/fact-book.ts";
const sessions = "server/src/trading/market/session-table.ts";
const facts = "server/src/trading/market/facts-table.ts";
const holdings = "server/src/trading/risk/holdings.ts";

export const unknownFacts: readonly Removal[] = [
  law("A rule fires while its market is closed", book, 'if (state !== "open" || tradingDay === null', "if (tradingDay === null", rules),
  law("A rule fires on a reference of another day", book, "ref.tradingDay !== tradingDay || ", "", rules),
  law("A rule fires on a price of another day", book, " || newYorkDate(last.asOf) !== tradingDay", "", rules),
  law("A rule fires on an old price", "server/src/trading/rules/rule-index.ts", "if (nowMs - reading.priceAsOf.getTime() > rule.maxStalenessMs) evaluation.stale += 1;\n      else evaluation.firings.push(", "evaluation.firings.push(", rules),
  law("A question is asked on facts that have grown old on the way", "server/src/pipeline/ask-statement.ts", "where s.fresh_until > clock_timestamp()", "where true", [{ file: "server/test/pipeline/ask.test.ts", named: "nobody on facts that have gone stale by the database's clock" }]),
  law("A session of which nothing was heard lately is known", sessions, "and s.as_of > clock_timestamp() - $1::int4 * interval '1 second'", "and $1::int4 > 0", tables("is unknown when the broker has not been heard for too long")),
  law("A session goes on past the hour that was told", sessions, "and clock_timestamp() < case when s.is_open then s.next_close else s.next_open end", "", tables("is unknown once the hour that was told has passed, in either direction")),
  law("A fact of the future is believed", facts, "where as_of <= clock_timestamp() + $10::int4 * interval '1 second'", "where $10::int4 > 0", tables("a fact from the future is not believed: it would never be stale")),
  law("An older fact that comes late takes the place of a newer one", facts, "where known.as_of <= excluded.as_of\n           and", "where", tables("an older fact that comes late does not replace a newer one")),
  law("A price of the future passes", "server/src/trading/risk/market-guardrails.ts", " && ageSeconds >= -futureToleranceSeconds", "", decide),
  law("A close that has passed leaves the market open at the answer", "server/src/trading/risk/market-guardrails.ts", "session?.isOpen === true && (session.nextClose === null || at < session.nextClose)", "session?.isOpen === true", decide),
  law("A session that was heard of long ago passes", "server/src/trading/risk/market-guardrails.ts", "session !== null && secondsBetween(session.asOf, at) <= settings.sessionMaxAgeSeconds", "session !== null", decide),
  law("Books that were compared long ago pass", "server/src/trading/risk/permission-guardrails.ts", "reconciledAt !== null && secondsBetween(reconciledAt, at) <= settings.reconciledMaxAgeSeconds", "reconciledAt !== null", decide),
  law("An account that was heard of long ago passes", "server/src/trading/risk/size-guardrails.ts", "(account !== null && secondsBetween(account.asOf, at) <= settings.accountMaxAgeSeconds)", "account !== null", decide),
  law("An asset that was heard of long ago passes", "server/src/trading/risk/asset-guardrails.ts", "(asset !== null && secondsBetween(asset.asOf, at) <= maxAssetAgeSeconds)", "asset !== null", decide),
  law("A config that is not valid passes", "server/src/trading/risk/permission-guardrails.ts", "settings.tradingEnabled && context.user?.enabled === true", "settings.tradingEnabled && context.user?.enabled !== false", decide),
  law("What cannot be valued is worth nothing", holdings, "if (amount === null) return null;", "if (amount === null) continue;", decide),
  law("A position is valued by whatever price was last heard", holdings, "and l.as_of > ${of.at} - interval '${maxValuationAgeDays} days'", "", limits("without a price it is not known, and what is not known passes nothing")),
  law("A day is measured against a close of another day", holdings, "l.metric = 'prev_close' and l.trading_day = ${of.tradingDay}", "l.metric = 'prev_close'", counts("a day without the close of its own day before is not known")),
  law("An answer of a feed about something else is stored", "server/src/workers/ingest.ts", "fact.feed === group.feed && fact.assetClass === group.assetClass && asked.has(fact.symbol)", "fact.feed === group.feed || asked.has(fact.symbol)", [{ file: "server/test/workers/tick.test.ts", named: "does not keep the others from being asked" }]),
];
