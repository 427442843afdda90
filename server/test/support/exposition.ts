/** Reads what `/metrics` serves: the text format of Prometheus, version 0.0.4. */

export type Exposition = {
  /** Type and help by the name of the family. */
  families: ReadonlyMap<string, { type: string; help: string }>;
  /** The names that a query can select; a histogram has three. */
  series: ReadonlySet<string>;
  /** The sum of all series of that name that have at least these labels. @throws when there is none */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
};

export function metricsIn(text: string): Exposition {
  const families = new Map<string, { type: string; help: string }>();
  const samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  for (const line of text.split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    const known = families.get(name) ?? { type: "", help: "" };
    if (kind === "HELP") families.set(name, { ...known, help: rest });
    else if (kind === "TYPE") families.set(name, { ...known, type: rest });
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (sample?.[1] !== undefined) samples.push({ name: sample[1], labels: labelsIn(sample[2] ?? ""), value: Number(sample[3]) });
  }
  // A family without a sample yet can be queried all the same, as what it will have.
  const series = new Set([...families].flatMap(([name, { type }]) => (type === "histogram" ? ["_bucket", "_sum", "_count"].map((suffix) => `${name}${suffix}`) : [name])));
  return {
    families,
    series,
    value(name, labels = {}) {
      const found = samples.filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
      if (found.length === 0) throw new Error(`no series ${name} with ${JSON.stringify(labels)}`);
      return found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

const labelsIn = (text: string): Record<string, string> => Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label ?? "", value ?? ""]));
