/** One stack, one database and one browser for a test file, and a person for each test. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { useTestDatabase, type TestDatabase } from "../../../../server/test/support/database.ts";
import type {} from "../../../../server/test/support/global-setup.ts"; // declares what the run provides
import { launchChromium } from "./chromium.ts";
import { createPerson, watch, type DipRule, type Person } from "./person.ts";
import { openPage, phone, signIn, type View } from "./phone.ts";
import { startStack, type Market, type Stack } from "./stack.ts";

const failurePictures = join(import.meta.dirname, "../../test-results");

export type World = {
  database: TestDatabase;
  stack(): Stack;
  browser(): Browser;
  /** A new person who is asked by these rules. */
  person(uid: string, rules: readonly DipRule[], guardrails?: Parameters<typeof watch>[3]): Promise<Person>;
  /** Opens the client as that person; the test fails when the page had an error or broke the content policy. */
  open(person: Pick<Person, "uid">, view?: View): Promise<Page>;
  /** What the database holds of this person. */
  answersOf(person: Pick<Person, "uid">): Promise<number[]>;
  ordersOf(person: Pick<Person, "uid">): Promise<{ client_order_id: string; status: string; notional_usd: string }[]>;
};

export function useWorld(market: Market = "flat"): World {
  const database = useTestDatabase();
  let stack: Stack | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(database, market), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("the world exists only while tests run");
    return part;
  };
  return {
    database,
    stack: () => started(stack),
    browser: () => started(browser),
    async person(uid, rules, guardrails) {
      const person = await createPerson(started(stack), uid);
      await watch(started(stack), person, rules, guardrails);
      return person;
    },
    async open(person, view = phone) {
      const { page, faults, close } = await openPage(started(browser), view);
      onTestFinished(async ({ task }) => {
        // What the person saw when it went wrong; the folder is not kept in the repository.
        if (task.result?.state === "fail") await page.screenshot({ path: join(failurePictures, `${person.uid}-${view.width}.png`) });
        await close();
        expect(faults).toEqual([]);
      });
      await signIn(page, started(stack).address, person.uid);
      return page;
    },
    async answersOf({ uid }) {
      const { rows } = await database.ownerPool.query<{ answer: number }>("select answer::float8 as answer from answers where firebase_uid = $1 order by answered_at", [uid]);
      return rows.map(({ answer }) => answer);
    },
    async ordersOf({ uid }) {
      const { rows } = await database.ownerPool.query<{ client_order_id: string; status: string; notional_usd: string }>(
        "select client_order_id, status, trim_scale(notional_usd)::text as notional_usd from trade_orders where firebase_uid = $1",
        [uid],
      );
      return rows;
    },
  };
}
