import { compareDecimals, signedUsd } from "../money/decimal-text.ts";

/** An amount made or lost: with an arrow and a sign, so that nothing hangs on a colour. */
export function Made({ amount, className = "" }: { amount: string; className?: string }) {
  const direction = compareDecimals(amount, "0");
  return (
    <span className={className}>
      {direction !== 0 && <span aria-hidden="true">{direction < 0 ? "▾" : "▴"} </span>}
      {signedUsd(amount)}
    </span>
  );
}
