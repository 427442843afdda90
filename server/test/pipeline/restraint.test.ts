import type { Restraint, Rule } from "@nod/contract/trading-config";
import { beforeAll, describe, expect, test } from "vitest";
import { createAnswerService, type AnswerService } from "../../src/pipeline/answer.ts";
import { askBatch, askFirings } from "../../src/pipeline/ask.ts";
import { createNoticeBranch, noticePipelineKey } from "../../src/pipeline/notice-branch.ts";
import { createPauseBranch } from "../../src/pipeline/pause-branch.ts";
import { readSnoozes, snooze } from "../../src/pipeline/snoozes-table.ts";
import { readStreaks, suggestPauses } from "../../src/pipeline/suggest-pauses.ts";
import { createCompiledConfigs } from "../../src/trading/config/compiled-configs.ts";
import { readUserConfig } from "../../src/trading/config/user-config.ts";
import { useTestDatabase } from "../support/database.ts";
import { openAsking, openFence } from "../support/open-fence.ts";
import { addUsers, configWith, dipRule, firingsOf } from "../support/trading-users.ts";

const database = useTestDatabase();

let group = 0;
async function person(restraint: Restraint, rules: Rule[]) {
  group += 1;
  const uid = `restrained_${group}`;
  const config = configWith(rules, { restraint });
  await addUsers(database.ownerPool, `restraint_${group}`, config, [uid]);
  return {
    uid,
    /** All rules fire at once; gives the rules that asked. */
    fire: async (): Promise<string[]> => {
      const firings = firingsOf(config, [uid]);
      const { asked } = await askFirings(database.pool, firings, openAsking);
      return asked.map((n) => firings[n]?.rule.rule.id ?? "").toSorted();
    },
    close: (status = "rejected") =>
      database.ownerPool.query(
        `with q as (update questions set status = $2, closed_at = now() where firebase_uid = $1 and status = 'open')
         update user_pipeline_state set phase = 'done', cooldown_until = now() where firebase_uid = $1`,
        [uid, status],
      ),
    age: (interval: string) => database.ownerPool.query("update questions set created_at = created_at - $2::interval, closed_at = closed_at - $2::interval where firebase_uid = $1", [uid, interval]),
  };
}
const rules = (...ofSymbols: string[]): Rule[] => ofSymbols.map((symbol, n) => dipRule({ id: `r${n}`, symbol, cooldown_seconds: 0 }));

describe("one card of a symbol at a time", () => {
  test("is what a user gets who says nothing: of two rules that fire at once, the first asks", async () => {
    const { fire } = await person({}, rules("SPY", "SPY", "AAPL"));
    expect(await fire()).toEqual(["r0", "r2"]);
  });

  test("holds while the card is open, and no longer", async () => {
    const { fire, close } = await person({}, rules("SPY", "SPY"));
    expect(await fire()).toEqual(["r0"]);
    expect(await fire()).toEqual([]);
    await close();
    expect(await fire()).toEqual(["r0"]);
  });

  test("can be switched off", async () => {
    const { fire } = await person({ one_card_per_symbol: false }, rules("SPY", "SPY"));
    expect(await fire()).toEqual(["r0", "r1"]);
  });
});

describe("a budget of cards", () => {
  test("for the hour lets through as many, first rules first, and more when the hour has passed", async () => {
    const { fire, close, age } = await person({ max_cards_per_hour: 2 }, rules("SPY", "AAPL", "MSFT"));
    expect(await fire()).toEqual(["r0", "r1"]);
    await close();
    expect(await fire()).toEqual([]);
    await age("61 minutes");
    expect(await fire()).toEqual(["r0", "r1"]);
  });

  test("for the day holds beside the hour's", async () => {
    const { fire, close, age } = await person({ max_cards_per_hour: 2, max_cards_per_day: 3 }, rules("SPY", "AAPL", "MSFT"));
    await fire();
    await close();
    await age("2 hours");
    expect(await fire()).toEqual(["r0"]);
    await close();
    await age("23 hours");
    expect(await fire()).toEqual(["r0", "r1"]);
  });
});

describe("a rule that is snoozed", () => {
  test.each(["hour", "today", "week"] as const)("does not ask (%s), while others do", async (time) => {
    const { uid, fire } = await person({}, rules("SPY", "AAPL"));
    await snooze(database.ownerPool, uid, "r0", time);
    expect(await fire()).toEqual(["r1"]);
    const { snoozes, server_time } = await readSnoozes(database.ownerPool, uid);
    expect(snoozes).toEqual([{ rule_id: "r0", until: expect.any(String) }]);
    expect(Date.parse(snoozes[0]?.until ?? "")).toBeGreaterThan(Date.parse(server_time));
  });

  test("asks again when the time is over, or when the snooze is ended", async () => {
    const { uid, fire } = await person({}, rules("SPY", "AAPL"));
    await snooze(database.ownerPool, uid, "r0", "today");
    await snooze(database.ownerPool, uid, "r1", "today");
    await snooze(database.ownerPool, uid, "r0", null);
    await database.ownerPool.query("update card_snoozes set until = now() where firebase_uid = $1", [uid]);
    expect(await fire()).toEqual(["r0", "r1"]);
    expect((await readSnoozes(database.ownerPool, uid)).snoozes).toEqual([]);
  });

  test("until today is over means New York's midnight", async () => {
    const { uid } = await person({}, rules("SPY"));
    await snooze(database.ownerPool, uid, "r0", "today");
    const { rows } = await database.ownerPool.query("select to_char(until at time zone 'America/New_York', 'HH24:MI:SS') as at from card_snoozes where firebase_uid = $1", [uid]);
    expect(rows).toEqual([{ at: "00:00:00" }]);
  });
});

describe("a rule that is skipped again and again", () => {
  let answers: AnswerService;
  beforeAll(() => {
    answers = createAnswerService({ pool: database.pool, branches: [createPauseBranch(), createNoticeBranch()] });
  });
  const suggest = async (): Promise<number> => {
    const configs = createCompiledConfigs(database.pool, () => undefined);
    await configs.load();
    return suggestPauses(database.pool, configs, openFence, new Date());
  };
  const pauseCard = async (uid: string) => (await database.ownerPool.query<{ id: string; question_text: string }>("select id, question_text from questions where firebase_uid = $1 and pipeline_key = 'pause' and status = 'open'", [uid])).rows[0];
  const skip = async ({ fire, close }: Awaited<ReturnType<typeof person>>, times: number, status?: string): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      expect(await fire()).toEqual(["r0"]);
      await close(status);
    }
  };

  test("asks whether to pause, once; a yes switches it off in the user's own document", async () => {
    const someone = await person({ pause_after_skips: 3 }, rules("SPY"));
    await skip(someone, 2);
    expect(await suggest()).toBe(0);
    await skip(someone, 1);
    expect(await suggest()).toBe(1);
    expect(await suggest()).toBe(0);
    const card = await pauseCard(someone.uid);
    expect(card?.question_text).toContain("skipped this rule 3 times in a row");
    expect(await answers.answer(someone.uid, card?.id ?? "", 10, { via: "http", requestId: null })).toMatchObject({ kind: "answered", result: { outcome: "approved", order: null } });
    const config = await readUserConfig(database.ownerPool, someone.uid);
    expect(config).toMatchObject({ kind: "in_force", own: { rules: [{ id: "r0", enabled: false }] } });
    const { rows } = await database.ownerPool.query("select count(*)::int4 as count from events where firebase_uid = $1 and kind = 'config_changed'", [someone.uid]);
    expect(rows).toEqual([{ count: 1 }]);
  });

  test("goes on when the answer is no, and asks again only after as many skips", async () => {
    const someone = await person({ pause_after_skips: 2 }, rules("SPY"));
    await skip(someone, 2);
    expect(await suggest()).toBe(1);
    const card = await pauseCard(someone.uid);
    expect(await answers.answer(someone.uid, card?.id ?? "", -10, { via: "http", requestId: null })).toMatchObject({ kind: "answered", result: { outcome: "rejected" } });
    await skip(someone, 1);
    expect(await suggest()).toBe(0);
    await skip(someone, 1);
    expect(await suggest()).toBe(1);
  });

  test("is forgiven by one yes", async () => {
    const someone = await person({ pause_after_skips: 2 }, rules("SPY"));
    await skip(someone, 1);
    await skip(someone, 1, "approved");
    await skip(someone, 1);
    expect(await readStreaks(database.pool)).toContainEqual({ firebaseUid: someone.uid, ruleId: "r0", skips: 1 });
    expect(await suggest()).toBe(0);
  });

  test("is left alone when the user wants it so", async () => {
    const someone = await person({ pause_after_skips: 0 }, rules("SPY"));
    await skip(someone, 6);
    expect(await suggest()).toBe(0);
  });

  test("keeps what else the user wrote of the rule", async () => {
    const someone = await person({ pause_after_skips: 1 }, rules("SPY"));
    await database.ownerPool.query(`update user_trading_config set config = '{"enabled": true, "rules": [{"id": "r0", "cooldown_seconds": 0}]}' where firebase_uid = $1`, [someone.uid]);
    await database.ownerPool.query("insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, status, closed_at, expires_at) values (gen_random_uuid(), $1, '?', 'swipe', 10, 'trading', 's', 'trading:rule:r0', '{\"rule_id\": \"r0\"}', 'rejected', now(), now() + interval '1 hour')", [someone.uid]);
    expect(await suggest()).toBe(1);
    await answers.answer(someone.uid, (await pauseCard(someone.uid))?.id ?? "", 10, { via: "http", requestId: null });
    expect(await readUserConfig(database.ownerPool, someone.uid)).toMatchObject({ own: { enabled: true, rules: [{ id: "r0", cooldown_seconds: 0, enabled: false }] } });
  });

  test("a card that only tells something is closed by any answer, and none is unclear", async () => {
    const { uid } = await person({}, rules("SPY"));
    const shape = {
      pipelineKey: noticePipelineKey, subject: "n", pipelineStep: "n", sourceTag: "notice:n", questionText: "SPY moved.", kind: "swipe" as const, correctAnswer: 10 as const,
      metadata: "{}", cooldownSeconds: 0, expiresInSeconds: 60, freshUntil: new Date(Date.now() + 60_000), reducesRisk: false, symbol: null,
      restraint: { perHour: null, perDay: null, onePerSymbol: false },
    };
    for (const [value, outcome] of [[10, "approved"], [-10, "rejected"], [1, "rejected"]] as const) {
      await askBatch(database.pool, [shape], [{ firebaseUid: uid, ownRevision: "1", maxOpenQuestions: 10, shape: 0 }], openFence);
      const { rows } = await database.ownerPool.query<{ id: string }>("select id from questions where firebase_uid = $1 and status = 'open'", [uid]);
      expect(await answers.answer(uid, rows[0]?.id ?? "", value, { via: "http", requestId: null })).toMatchObject({ kind: "answered", result: { outcome, order: null, follow_up_question_id: null } });
    }
  });
});
