/** `cooldown_seconds` → `Cooldown (seconds)`: what a field is called in a form. */
const units: readonly [RegExp, string][] = [
  [/_usd$/, " ($)"],
  [/_pct$/, " (%)"],
  [/_seconds$/, " (seconds)"],
  [/_bps$/, " (basis points)"],
];

const known: Readonly<Record<string, string>> = {
  id: "Id",
  ref_metric: "Compared with",
  question_template: "Question",
  on_answer_match: "On a yes",
  when: "When",
  fire: "How often it fires",
  qty: "Quantity",
  rsi: "RSI",
};

export function labelOf(key: string): string {
  const named = known[key];
  if (named !== undefined) return named;
  const [pattern, unit] = units.find(([each]) => each.test(key)) ?? [/$^/, ""];
  const words = key.replace(pattern, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1) + unit;
}

/** A choice's own words; what is a name of the broker's or a symbol stays as it is. */
export function choiceWords(value: unknown): string {
  const text = String(value);
  return /^[a-z][a-z_]*$/.test(text) ? text.replaceAll("_", " ") : text;
}
