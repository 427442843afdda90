/**
 * Which firings become cards: what the ask's one statement holds in the live system, for one user. Cooldown, one open card of
 * a rule, one of a symbol, open cards in all, cards by the hour and the day, quiet hours.
 */
import type { AnyCompiledRule } from "./replayed-rule.ts";
import { isQuiet } from "../rules/restraint.ts";

type OpenCard = { ruleId: string; symbol: string; closesAtMs: number };

export type CardDesk = {
  /** Whether the rule may ask now; if so, it has. The card is open until `close` is told, or it expires. */
  ask(rule: AnyCompiledRule, atMs: number): boolean;
  /** The card of a rule is answered; its order is under way until `until`. */
  close(ruleId: string): void;
  /** Until then the database would say that the rule is cooling. */
  coolingUntilMs(ruleId: string): number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export function createCardDesk(): CardDesk {
  let open: OpenCard[] = [];
  let askedAtMs: number[] = [];
  const coolingUntilMs = new Map<string, number>();
  return {
    ask({ rule, config }, atMs) {
      open = open.filter(({ closesAtMs }) => closesAtMs > atMs);
      askedAtMs = askedAtMs.filter((each) => each > atMs - dayMs);
      const { restraint, maxOpenQuestions } = config;
      if (restraint.quietHours !== null && isQuiet(restraint.quietHours, new Date(atMs))) return false;
      if ((coolingUntilMs.get(rule.id) ?? -Infinity) > atMs) return false;
      if (open.length >= maxOpenQuestions) return false;
      if (open.some(({ ruleId, symbol }) => ruleId === rule.id || (restraint.onePerSymbol && symbol === rule.symbol))) return false;
      if (restraint.perDay !== null && askedAtMs.length >= restraint.perDay) return false;
      if (restraint.perHour !== null && askedAtMs.filter((each) => each > atMs - hourMs).length >= restraint.perHour) return false;
      open.push({ ruleId: rule.id, symbol: rule.symbol, closesAtMs: atMs + rule.expires_in_seconds * 1_000 });
      askedAtMs.push(atMs);
      coolingUntilMs.set(rule.id, atMs + rule.cooldown_seconds * 1_000);
      return true;
    },
    close: (ruleId) => void (open = open.filter((card) => card.ruleId !== ruleId)),
    coolingUntilMs: (ruleId) => coolingUntilMs.get(ruleId) ?? -Infinity,
  };
}
