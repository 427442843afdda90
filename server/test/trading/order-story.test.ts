import { rm } from "node:fs/promises";
import { join } from "node:path";
import { compileValidator } from "@nod/contract/validators";
import { OrderStory } from "@nod/contract/order-story";
import { expect, inject, onTestFinished, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { makePartitions } from "../../src/db/partitions-table.ts";
import { createTableServices } from "../../src/http/database-services.ts";
import { archiveOldestMonth } from "../../src/trading/audit/archive-month.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket } from "../support/trading-floor.ts";
import { useTestDatabase } from "../support/database.ts";
import { recordLongAgo, shadowLogClock } from "../support/past-events.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();

test("the story of an order goes from the facts to the fill, each station once in its turn, and only its owner is told", async () => {
  const broker = createScriptedBroker();
  await addTraders(database.ownerPool, ["alice", "bob"]);
  await openTheMarket(database.ownerPool);
  const floor = createFloor(database.pool, broker);
  floor.stream.start();
  floor.submit.start();
  try {
    const outcome = await floor.answer("alice", await ask(database.ownerPool, "alice"), 10);
    const orderId = outcome.kind === "answered" ? (outcome.result.order?.id ?? "") : "";
    const statusIs = (status: string) => async (): Promise<string | null> =>
      (await database.ownerPool.query<{ client_order_id: string }>("select client_order_id from trade_orders where id = $1 and status = $2", [orderId, status])).rows[0]?.client_order_id ?? null;
    broker.tell(broker.fill(await until("the broker has it", statusIs("accepted")), "100.1", "0.0999"));
    await until("it is filled", statusIs("filled"));

    const { orders } = createTableServices(database.webPool, database.pool);
    const told = await orders.story("alice", orderId);
    expect(compileValidator(OrderStory)(told)).toMatchObject({ ok: true });
    expect(told?.order).toMatchObject({ id: orderId, status: "filled" });
    expect(told?.story.map(({ station, text }) => `${station}: ${text}`)).toEqual([
      "facts: SPY stood at $100, -1.96 % from $102 (prev close).",
      "rule: If it dips, ask.",
      "answer: The answer was 10, given over http.",
      "question: The question closed: approved.",
      "decision: It was proposed to buy SPY for $10 (paper).",
      "decision: Every guardrail let it pass.",
      expect.stringMatching(/^submission: It was taken up to be sent as nod-.+, attempt 1\.$/),
      "broker: The broker says accepted (by post).",
      "fill: 0.0999 traded at $100.1.",
      "broker: The broker says it is filled: 0.0999 at $100.1.",
    ]);
    expect(told?.story.flatMap(({ event }) => event?.place ?? [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await orders.story("bob", orderId)).toBeNull();
  } finally {
    await floor.stop();
  }
  expect(floor.failures).toEqual([]);
});

test("a story whose older part has gone to an archive says since when it is told, and that it is not the whole", async () => {
  const folder = join(inject("scratchFolder"), `story-${newUuid()}`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await shadowLogClock(database);
  await addTraders(database.ownerPool, ["carol"]);
  await openTheMarket(database.ownerPool);
  const floor = createFloor(database.pool, createScriptedBroker());
  onTestFinished(() => floor.stop());
  const questionId = await ask(database.ownerPool, "carol");
  const outcome = await floor.answer("carol", questionId, 10);
  const orderId = outcome.kind === "answered" ? (outcome.result.order?.id ?? "") : "";
  await recordLongAgo(database, { months: 8 }, [{ firebaseUid: "carol", kind: "question_asked", questionId, data: {} }]);
  await makePartitions(database.pool, "events", 1);

  const { activity, orders } = createTableServices(database.webPool, database.pool);
  const stories = async () => [await orders.story("carol", orderId), await activity.story("carol", questionId)].map((told) => told?.story ?? []);
  const gaps = async () => (await stories()).map((story) => story.flatMap(({ text, station, event }, n) => (text.includes("archive") ? [{ text, station, event, after: story[n - 1]?.station, before: story[n + 1]?.event?.kind }] : [])));
  // It began eight months ago, and all of it is there.
  await database.ownerPool.query("update questions set created_at = partition_after('events', partition_start('events', now()), -8) + interval '3 days' where id = $1", [questionId]);
  expect(await gaps()).toEqual([[], []]);

  expect(await archiveOldestMonth(database.pool, { folder, keepMonths: 6 })).not.toBeNull();
  const { rows } = await database.ownerPool.query<{ day: string }>("select to_char(min(starts_at) at time zone 'America/New_York', 'YYYY-MM-DD') as day from partitions_of('events')");
  const gap = { text: `What the log said of it before ${rows[0]?.day} has gone to an archive: this is not the whole story.`, station: "intervention", event: null, after: "rule", before: "answer_given" };
  expect(await gaps()).toEqual([[gap], [gap]]);
  expect(compileValidator(OrderStory)(await orders.story("carol", orderId))).toMatchObject({ ok: true });
});
