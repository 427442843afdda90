import { Type, type Static } from "typebox";
import { DecimalString, Instant } from "./primitives.ts";

/** `1d`: the last session in steps of five minutes. `1m`, `3m`: so many months of closes. */
export const PerformanceRange = Type.Enum(["1d", "1m", "3m"]);
export type PerformanceRange = Static<typeof PerformanceRange>;

/** A session has 78 steps of five minutes, three months at most 66 closes; crypto's day of 24 hours is not asked for. */
export const maxPerformancePoints = 120;

const UnlessUnknown = (description: string) => Type.Union([DecimalString, Type.Null()], { description: `${description} Null while a price for it is missing.` });

/**
 * What a user's own orders have come to. One account at the broker serves all users, so there is no account of his: his curve
 * is what he holds at its price, and the cash that his buys took and his sells gave, from his first fill on, which is zero.
 */
export const Performance = Type.Object(
  {
    range: PerformanceRange,
    since: Type.Union([Instant, Type.Null()], { description: "The first fill; null when nothing was ever filled." }),
    points: Type.Array(
      Type.Object(
        {
          at: Instant,
          value_usd: UnlessUnknown("What is held is worth."),
          result_usd: UnlessUnknown("What has been made since the first fill, sold or not; fees are not in it."),
        },
        { additionalProperties: false },
      ),
      { maxItems: maxPerformancePoints, description: "Oldest first. The first is where the range begins: the close before it, or the first fill." },
    ),
    change_usd: UnlessUnknown("From the first point to the last."),
    unpriced: Type.Array(Type.String(), { description: "Symbols for which a price is missing somewhere in the range." }),
    server_time: Instant,
  },
  { $id: "Performance", additionalProperties: false },
);
export type Performance = Static<typeof Performance>;
