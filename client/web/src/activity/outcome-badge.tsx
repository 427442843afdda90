import type { Tone } from "../words/order.ts";

const tones: Record<Tone, string> = {
  calm: "bg-wash text-soft",
  good: "border border-accent text-accent",
  warn: "bg-amber-wash text-amber",
  bad: "bg-red-wash text-red",
};

export function OutcomeBadge({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`shrink-0 rounded-inner px-2.5 py-0.5 text-small font-strong ${tones[tone]}`}>{children}</span>;
}
