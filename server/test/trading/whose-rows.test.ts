import { beforeAll, describe, expect, test } from "vitest";
import { createTableServices } from "../../src/http/database-services.ts";
import { openQuestions } from "../../src/pipeline/questions-table.ts";
import { undoAnswer } from "../../src/pipeline/undo.ts";
import { storyOfOrder } from "../../src/trading/audit/events-table.ts";
import { listOrders, orderById } from "../../src/trading/orders/orders-table.ts";
import { acknowledge, headOf } from "../../src/trading/outbox/outbox-table.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { readAnswerContext } from "../../src/trading/risk/risk-context-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket } from "../support/trading-floor.ts";

/** The statements by themselves, as the workers' role, which row security lets see everybody: each still keeps users apart. */
const database = useTestDatabase();
let open = "";
let answered = "";
let order = "";

beforeAll(async () => {
  await addTraders(database.ownerPool, ["alice", "mallory"]);
  await openTheMarket(database.ownerPool);
  open = await ask(database.ownerPool, "alice", { symbol: "AAPL" });
  answered = await ask(database.ownerPool, "alice");
  const outcome = await createFloor(database.pool, createScriptedBroker()).answer("alice", answered, 10);
  order = outcome.kind === "answered" ? (outcome.result.order?.id ?? "") : "";
});

const configs = configSourceOf({ get: () => undefined });
const undo = (uid: string, questionId: string) => undoAnswer(database.pool, uid, questionId, { via: "http", requestId: "test" });

describe("to its owner, and to nobody else, belongs", () => {
  test("what an answer is judged by", async () => {
    expect(await readAnswerContext(database.pool, configs, { firebaseUid: "alice", questionId: open })).toMatchObject({ openOrders: 1 });
    expect(await readAnswerContext(database.pool, configs, { firebaseUid: "mallory", questionId: open })).toBeNull();
  });

  test("a question that made no order, which cannot be taken back", async () => {
    expect(await undo("alice", open)).toMatchObject({ kind: "not_possible" });
    expect(await undo("mallory", open)).toEqual({ kind: "not_found" });
  });

  test("the list of orders", async () => {
    expect(await listOrders(database.pool, "alice", { limit: 10, before: null })).toMatchObject([{ id: order }]);
    expect(await listOrders(database.pool, "mallory", { limit: 10, before: null })).toEqual([]);
  });

  test("one order", async () => {
    expect(await orderById(database.pool, "alice", order)).toMatchObject({ id: order });
    expect(await orderById(database.pool, "mallory", order)).toBeNull();
  });

  test("the story of an order", async () => {
    expect(await storyOfOrder(database.pool, "alice", order)).not.toEqual([]);
    expect(await storyOfOrder(database.pool, "mallory", order)).toEqual([]);
  });

  test("the open questions", async () => {
    expect(await openQuestions(database.pool, "alice", 10)).toMatchObject([{ id: open }]);
    expect(await openQuestions(database.pool, "mallory", 10)).toEqual([]);
  });

  test("one question", async () => {
    const { questions } = createTableServices(database.pool, database.pool);
    expect(await questions.one("alice", answered)).toMatchObject({ id: answered });
    expect(await questions.one("mallory", answered)).toBeNull();
  });

  test("an acknowledgement", async () => {
    await acknowledge(database.pool, "mallory", 1);
    expect(await headOf(database.pool, "alice")).toMatchObject({ ackedSeq: 0 });
    expect(await acknowledge(database.pool, "alice", 1)).toMatchObject({ ackedSeq: 1 });
  });
});
