/** What dashboards and alert rules ask for. */

/** Words of PromQL that could be taken for a metric's name: keywords and modifiers. */
const keywords: ReadonlySet<string> = new Set(["by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset", "inf", "nan"]);

/**
 * The names of metrics in a PromQL expression: words that are no function, no keyword, no label and no duration.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
export function metricsNamedBy(expression: string): string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, "") // values
    .replaceAll(/\{[^}]*\}/g, " ") // selectors
    .replaceAll(/\[[^\]]*\]/g, " ") // ranges
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ") // labels
    .replaceAll(/\boffset\s+\w+/g, " ");
  const words = [...bare.matchAll(/[a-zA-Z_:][\w:]*(\s*\()?/g)];
  return [...new Set(words.filter(([, opens]) => opens === undefined).map(([word]) => word))].filter((word) => !keywords.has(word.toLowerCase()));
}

export type Panel = { title: string; unit: string; expressions: string[] };

type GrafanaPanel = { title?: string; type: string; panels?: GrafanaPanel[]; targets?: { expr?: string }[]; fieldConfig?: { defaults?: { unit?: string } } };

export function panelsOf(dashboard: string): Panel[] {
  const flat = (panels: GrafanaPanel[]): GrafanaPanel[] => panels.flatMap((panel) => (panel.type === "row" ? flat(panel.panels ?? []) : [panel]));
  return flat((JSON.parse(dashboard) as { panels: GrafanaPanel[] }).panels).map(({ title = "", targets = [], fieldConfig }) => ({
    title,
    unit: fieldConfig?.defaults?.unit ?? "",
    expressions: targets.flatMap(({ expr }) => expr ?? []),
  }));
}

export type Alert = { name: string; expr: string; severity: string; summary: string; runbook: string };

/** Reads rules as we write them: one line a value. Whether Prometheus reads them too, `promtool check rules` says. */
export function alertsIn(yaml: string): Alert[] {
  return yaml.split(/^ *- alert: /m).slice(1).map((text) => {
    const of = (key: string): string => new RegExp(`^ +${key}: (.*)$`, "m").exec(text)?.[1]?.replaceAll(/^["']|["']$/g, "") ?? "";
    return { name: text.slice(0, text.indexOf("\n")).trim(), expr: of("expr"), severity: of("severity"), summary: of("summary"), runbook: of("runbook_url") };
  });
}
