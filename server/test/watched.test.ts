/** What watches Nod: rules and dashboards that say what to do, and a reader of them that does not look away. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertsIn, metricsNamedBy, panelsOf } from "./support/promql.ts";

const repository = join(import.meta.dirname, "../..");
const read = (path: string): Promise<string> => readFile(join(repository, path), "utf8");

describe("the names of metrics in an expression", () => {
  test.each([
    ["nod_orders_unknown > 0", ["nod_orders_unknown"]],
    ['histogram_quantile(0.99, sum by (le) (rate(nod_post_seconds_bucket{outcome="accepted"}[5m])))', ["nod_post_seconds_bucket"]],
    ["max(nod_ingest_lag_seconds) by (feed) > 120 and on() max(nod_market_open{market=\"us_equity\"}) == 1", ["nod_ingest_lag_seconds", "nod_market_open"]],
    ["absent(nod_build_info) or up == 0", ["nod_build_info", "up"]],
    ["time() - max(nod_tick_last_success_timestamp_seconds offset 5m) unless vector(1)", ["nod_tick_last_success_timestamp_seconds"]],
    ["sum without (instance, job) (a_total) / ignoring(state) group_left sum(b_total)", ["a_total", "b_total"]],
  ])("%s", (expression, names) => expect(metricsNamedBy(expression)).toEqual(names));
});

test("every alert says how bad it is, in a sentence what is wrong, and where it is written what to do", async () => {
  const alerts = alertsIn(await read("ops/prometheus/alerts.yml"));
  expect(alerts.length).toBeGreaterThan(10);
  expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
  for (const alert of alerts) {
    expect(alert).toMatchObject({ severity: expect.stringMatching(/^(?:page|ticket)$/), summary: expect.stringMatching(/^[A-Z].+\.$/), runbook: expect.stringMatching(/^docs\/runbook\.md#[a-z0-9-]+$/) });
    expect({ of: alert.name, asksFor: metricsNamedBy(alert.expr) }).toEqual({ of: alert.name, asksFor: expect.arrayContaining([expect.any(String)]) });
  }
});

test("every place in the runbook that an alert points to is a heading there", async () => {
  const runbook = await read("docs/runbook.md");
  const anchors = new Set([...runbook.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => heading.toLowerCase().replaceAll(/[^\w\s-]/g, "").trim().replaceAll(/\s/g, "-")));
  const wanted = alertsIn(await read("ops/prometheus/alerts.yml")).map(({ runbook: url }) => url.slice(url.indexOf("#") + 1));
  expect(wanted.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test("every panel has a title, a unit and something to show", async () => {
  const panels = panelsOf(await read("ops/grafana/nod.json"));
  expect(panels.length).toBeGreaterThan(15);
  for (const { title, unit, expressions } of panels) {
    expect({ title, unit, expressions }).toEqual({ title: expect.stringMatching(/./), unit: expect.stringMatching(/./), expressions: expect.arrayContaining([expect.any(String)]) });
  }
});
