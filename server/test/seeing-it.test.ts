/** One order from the fact to the fill through two processes, as their traces, their logs and their metrics tell it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { startSimulator } from "@nod/alpaca-simulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { traceIdOf } from "../src/core/trace-id.ts";
import { useTestDatabase } from "./support/database.ts";
import { metricsIn, type Exposition } from "./support/exposition.ts";
import { createDataFolder, startNodProcess, type NodProcess } from "./support/nod-process.ts";
import { approveFirst, patience, signIn, untilFilled } from "./support/person.ts";
import { startSpanCollector, type CollectedSpan } from "./support/span-collector.ts";
import { alertsIn, metricsNamedBy, panelsOf } from "./support/promql.ts";

vi.setConfig({ testTimeout: 1_200_000 });

const database = useTestDatabase();
const repository = join(import.meta.dirname, "../..");
const keys = { keyId: "PKSEEN", secretKey: "the-secret-of-the-broker", account: "paper" };
const collectorKey = "collector-key-that-must-not-be-seen";

test("one order from the fact to the fill: one trace, one id in every line, and every metric that a dashboard or an alert names", async () => {
  const collector = await startSpanCollector();
  const simulator = await startSimulator({ keys: [keys] });
  onTestFinished(() => simulator.stop());
  simulator.control.setMarket("open");
  const shared = {
    DATABASE_URL: database.webUrl,
    DATABASE_WORKER_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${collectorKey}`,
    OTEL_SERVICE_NAME: "nod-under-test",
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  const folder = await createDataFolder();
  const web = await startNodProcess(folder, { ...shared, ROLE: "web", ALPACA_TRADING_BASE_URL: simulator.url });
  await web.ready();
  const alice = await signIn(web, "alice");
  const phone = new HubConnectionBuilder().withUrl(`${web.address}/hubs/questions`, { accessTokenFactory: () => alice.token }).configureLogging(LogLevel.None).build();
  const told = new Set<string>();
  for (const method of ["ReceiveQuestion", "QuestionClosed", "ReceiveTradeUpdate"]) phone.on(method, ({ id }: { id: string }) => told.add(id));
  onTestFinished(() => phone.stop());
  await phone.start();
  await phone.invoke("Sync", 0);
  const worker = await startNodProcess(await createDataFolder(), {
    ...shared,
    ROLE: "worker",
    ALPACA_API_KEY_ID: keys.keyId,
    ALPACA_API_SECRET_KEY: keys.secretKey,
    ALPACA_TRADING_BASE_URL: simulator.url,
    ALPACA_DATA_BASE_URL: simulator.url,
    ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl,
    ALPACA_DATA_STREAM_URL: simulator.dataStreamUrl,
  });
  await worker.ready();
  const { question, result } = await approveFirst(alice);
  const [order] = await untilFilled(alice);
  if (order === undefined || result.order === null) throw new Error("no order was made");
  await vi.waitFor(() => expect(told).toContain(order.id), patience);

  // The trace: its id is the question's.
  const traceId = traceIdOf(question.id);
  const path = (): CollectedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
  await vi.waitFor(() => expect(path().map(({ name }) => name)).toEqual(expect.arrayContaining(["question asked", "deliver question", "answer", "decide", "submit", "deliver trade update", "fill"])), patience);
  const named = (name: string): CollectedSpan => path().find((span) => span.name === name) ?? expect.fail(`${name} is not in the trace`);
  const asked = named("question asked");
  expect(asked).toMatchObject({ parentSpanId: "", service: "nod-under-test", attributes: { "nod.question_id": question.id, "nod.symbol": order.symbol } });
  expect(named("deliver question").parentSpanId).toBe(asked.spanId);
  expect(named("answer")).toMatchObject({ parentSpanId: asked.spanId, attributes: { "nod.via": "http", "nod.outcome": "approved" } });
  expect(named("decide")).toMatchObject({ parentSpanId: named("answer").spanId, attributes: { "nod.verdict": "approved", "nod.order_id": order.id } });
  expect(named("submit")).toMatchObject({ parentSpanId: named("answer").spanId, attributes: { "nod.outcome": "accepted", "nod.client_order_id": order.client_order_id } });
  expect(named("fill")).toMatchObject({ parentSpanId: named("submit").spanId, attributes: { "nod.order_id": order.id, "nod.filled_qty": order.filled_qty } });
  expect(named("answer").instance).not.toBe(named("submit").instance);
  expect([asked, named("submit"), named("fill")].map(({ instance }) => instance)).toEqual([asked.instance, asked.instance, asked.instance]);
  expect(named("submit").startMs).toBeGreaterThanOrEqual(named("answer").startMs);
  expect(named("fill").startMs).toBeGreaterThanOrEqual(named("submit").startMs);
  // What led to it is the tick that asked, with what it fetched and looked at; a question asked anew is linked to the answer before it.
  const origins = new Set<string>();
  for (let from: CollectedSpan | undefined = asked; from !== undefined; ) {
    const [link]: CollectedSpan["links"] = from.links;
    const origin: CollectedSpan | undefined = await vi.waitFor(() => collector.spans.find((span) => link !== undefined && span.traceId === link.traceId && span.spanId === link.spanId) ?? expect.fail("the link leads nowhere yet"), patience);
    origins.add(origin.name);
    if (origin.name !== "ask") {
      from = await vi.waitFor(() => collector.spans.find((span) => span.traceId === origin.traceId && span.parentSpanId === "") ?? expect.fail("the trace has no beginning yet"), patience);
      continue;
    }
    from = undefined;
    // The tick itself ends last.
    const tick = (): CollectedSpan[] => collector.spans.filter((span) => span.traceId === origin.traceId);
    await vi.waitFor(() => expect(tick().map(({ name }) => name)).toEqual(expect.arrayContaining(["tick", "ingest", "evaluate", "ask"])), patience);
    expect(tick().find(({ name }) => name === "tick")?.spanId).toBe(origin.parentSpanId);
  }
  expect(origins).toContain("ask");
  expect(collector.headers.every((headers) => headers["x-collector-key"] === collectorKey)).toBe(true);

  // The metrics.
  const metricsOf = async ({ address }: NodProcess): Promise<Exposition> => metricsIn(await (await fetch(`${address}/metrics`)).text());
  const worked = await vi.waitFor(async () => {
    const read = await metricsOf(worker);
    // What holds all the time but for moments in which the machine is held up.
    expect(read.value("nod_database_up")).toBe(1);
    expect(read.value("nod_lease_remaining_seconds", { lease: "order-desk" })).toBeGreaterThan(0);
    expect(read.value("nod_lease_held", { lease: "order-desk" })).toBe(1);
    expect(read.value("nod_reconciled_gate_open")).toBe(1);
    return read;
  }, patience);
  const served = await vi.waitFor(async () => {
    const read = await metricsOf(web);
    expect(read.value("nod_outbox_lag_seconds")).toBe(0);
    expect(read.value("nod_orders_unknown")).toBe(0); // of the tables: from every process
    return read;
  }, patience);
  expect(served.value("nod_questions_delivered_total")).toBeGreaterThan(0);
  expect(served.value("nod_questions_closed_total", { outcome: "approved" })).toBe(1);
  expect(served.value("nod_answer_seconds_count", { via: "http", result: "answered" })).toBeGreaterThan(0);
  expect(served.value("nod_hub_connections")).toBe(1);
  expect(served.value("nod_build_info", { role: "web" })).toBe(1);
  const value = (name: string, labels: Record<string, string> = {}): number => worked.value(name, labels);
  expect(value("nod_questions_asked_total")).toBeGreaterThan(0);
  expect(value("nod_answer_to_post_seconds_count")).toBe(1);
  expect(value("nod_post_seconds_count", { outcome: "accepted" })).toBe(1);
  expect(value("nod_post_to_fill_seconds_count")).toBe(1);
  expect(value("nod_orders_filled_total")).toBe(1);
  expect(value("nod_ingest_lag_seconds", { feed: "iex/us_equity" })).toBeLessThan(3_600);
  expect(value("nod_broker_budget_left", { host: "trading" })).toBeLessThanOrEqual(value("nod_broker_budget_limit", { host: "trading" }));
  expect(value("nod_kill_switches", { scope: "all", mode: "flatten" })).toBe(0);
  for (const pool of ["web", "workers", "tick", "chores"]) {
    expect(value("nod_database_pool_max_connections", { pool })).toBeGreaterThanOrEqual(value("nod_database_pool_connections", { pool }));
  }
  expect(value("nod_database_pool_connections", { pool: "chores" })).toBeGreaterThan(0);
  expect(value("nod_build_info", { role: "worker" })).toBe(1);
  const document = await readFile(join(repository, "docs/metrics.md"), "utf8");
  expect([...worked.families.keys(), ...served.families.keys()].filter((name) => name.startsWith("nod_") && !document.includes(`\`${name}\``))).toEqual([]);

  // What watches them: every name is one that these processes have.
  const dashboard = await readFile(join(repository, "ops/grafana/nod.json"), "utf8");
  const alerts = await readFile(join(repository, "ops/prometheus/alerts.yml"), "utf8");
  const expressions = [...panelsOf(dashboard).flatMap(({ expressions: of }) => of), ...alertsIn(alerts).map(({ expr }) => expr)];
  expect(expressions.length).toBeGreaterThan(20);
  const scraped = new Set([...worked.series, ...served.series, "up"]);
  expect([...new Set(expressions.flatMap(metricsNamedBy))].filter((name) => !scraped.has(name))).toEqual([]);

  // The log: everything about the order, from the call that answered to the fill, has the trace's id; and no secret is in it.
  expect(await web.ended("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(await worker.ended("SIGTERM")).toEqual({ code: 0, signal: null });
  const output = web.output() + worker.output();
  const lines = output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
  const story = lines.filter((line) => line["traceId"] === traceId);
  const line = (msg: string): Record<string, unknown> => story.find((each) => each["msg"] === msg) ?? expect.fail(`no line says: ${msg}`);
  const answeredBy = story.find((each) => each["msg"] === "request" && each["operation"] === "answerQuestion") ?? expect.fail("no line of the request");
  expect(line("an answer was taken")).toMatchObject({ requestId: answeredBy["requestId"], questionId: question.id, orderId: order.id, outcome: "approved" });
  for (const msg of ["a question was delivered", "an answer was taken", "an order is being sent", "the broker has the order", "an order was filled"]) expect(line(msg)).toMatchObject({ questionId: question.id });
  for (const msg of ["an answer was taken", "an order is being sent", "the broker has the order", "an order was filled"]) expect(line(msg)).toMatchObject({ orderId: order.id, clientOrderId: order.client_order_id });
  expect(lines.filter((each) => each["orderId"] === order.id && each["traceId"] !== traceId)).toEqual([]);
  for (const secret of [alice.token, collectorKey, keys.secretKey, (await readFile(join(folder, ".data/local-auth.key"), "utf8")).trim()]) {
    expect(output).not.toContain(secret);
    expect(JSON.stringify(collector.spans)).not.toContain(secret);
  }
});

test("without an endpoint no module of OpenTelemetry is loaded", async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "support/tracing-child.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  expect(await once(child, "exit")).toEqual([0, null]);
  const { without, withOne } = JSON.parse(said) as { without: number; withOne: number };
  expect(without).toBe(0);
  expect(withOne).toBeGreaterThan(0); // the child looks where they would be seen
});
