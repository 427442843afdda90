import { signedUsd } from "../money/decimal-text.ts";

/** An amount made or lost: with an arrow and a sign, so that nothing hangs on a colour. Less than a cent is neither. */
export function Made({ amount, className = "" }: { amount: string; className?: string }) {
  const shown = signedUsd(amount);
  const arrow = shown.startsWith("+") ? "▴ " : shown.startsWith("−") ? "▾ " : null;
  return (
    <span className={className}>
      {arrow !== null && <span aria-hidden="true">{arrow}</span>}
      {shown}
    </span>
  );
}
