/**
 * Plays a dialogue: a text of what is said between people, the broker and Nod, line by line, on the real order desk, the real
 * answer service, a real PostgreSQL and the unmodified SDK. The broker is a port on loopback that waits for its lines.
 *
 * A line is an actor and what he does. Lines are played in order; a line of Nod's waits until it is so, and fails where it
 * does not come about. `#` begins a comment; the first one is the title. `[…]` may be left out.
 *
 *   ann, bob  approves a buy|sale of $10 of SPY [as A]      is asked, and says yes; `A` names the order for later lines
 *             is asked about a buy|sale of $10 of SPY [for 60 s] · answers yes|no [as A] · takes it back
 *             sets block_new|cancel_only|flatten · clears the kill switch
 *   operator  sets <mode> for all · clears the kill switch for all · gives everybody 60 s to take it back
 *   market    trades SPY at 101 · is silent about SPY for 600 s · closes · opens
 *   clock     moves on 60 s                                 expiry, doubt and the time to take back come nearer by so much
 *   process   stops · dies · starts [, and cannot compare the books]
 *   broker    answers POST 200 <status> · 200 filled 0.1 at 100 as e1 · 200 about another order · 403 "message"
 *             answers POST with nothing|garbage|an empty object[, having placed it] · resets the connection of POST[, …]
 *             never answers POST[, …]                       with it the whole dialogue has a patience of four seconds
 *             answers DELETE 204|404|422|500 · has the order after all · does not show the order yet
 *             holds another symbol|side|size under its id
 *             streams <status>[, with 0.02 filled] [as m1] · streams fill|partial_fill 0.1 at 100 as e1[, staying <status>]
 *             busts e1 as b1[, leaving it <status>][, without naming it][, in no activity] · corrects e1 to 0.1 at 99 as c1[, …]
 *             quietly streams|busts|corrects …              it happens, and the stream does not tell of it
 *             tells e1 [again]                              the message that was made under that name, as it was then
 *             tells of an order that nobody here placed · cuts the stream · lets the stream in again
 *             does the next thing in the same moment        of the same millisecond as what it did last
 *             cannot be read · can be read again
 *   nod       has order [A] <status>[, filled 0.1[ at 100]][, because "…"] · holds 0.1 of SPY[ at 100][ for bob]
 *             holds nothing of SPY · sends order [A] · has sent order [A] once|twice|never · has sent 2 orders in all
 *             sends a sale of 0.1 of SPY of its own [as A] · looks for order [A] · asks to cancel the order
 *             has kept 2 executions · makes no order, because <code> · refuses, because "…" · halts ann
 *             has halted nobody · tells ann · has nothing new for ann · says in the story: "…"
 *             compares the books · cannot compare the books
 *   simulator is to play: new, fill at 100, correct to 0.09 at 99, bust · plays bust · drops the stream
 *             breaks the next POST with 500|reset|cut|garbage|nothing[, having placed it]
 *             loses|doubles|swaps|garbles what it tells next[ of a fill]
 *
 * A dialogue with a line of the simulator's is with the simulator, and not with a broker that waits for its lines.
 * `of A` at the end of a broker's line names the order, where it is not the latest. When the last line was played it must
 * also hold that no request of Nod's was left unanswered, that no order's quantity ever fell except by a bust or a
 * correction, that each order's quantity is no less than its executions add up to, and that the log's chains are whole.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { TestDatabase } from "../support/database.ts";
import { brokerSteps } from "./broker-steps.ts";
import { nodSteps } from "./nod-steps.ts";
import { Mismatch } from "./mismatch.ts";
import { setStage, type Stage } from "./stage.ts";
import { eventually, type Said, type Step } from "./step.ts";
import { openTheMarket } from "../support/trading-floor.ts";
import { simulatorSteps } from "./simulator-steps.ts";
import { whatIsWrongAtTheEnd } from "./at-the-end.ts";
import { worldSteps } from "./world-steps.ts";

const steps: readonly Step[] = [...worldSteps, ...brokerSteps, ...simulatorSteps, ...nodSteps];

export type Line = { number: number; text: string; step: Step; said: Said };
export type Dialogue = { file: string; title: string; lines: readonly Line[] };

/** A dialogue that cannot be read, or did not go as it says. `message` begins with file and line. */
export class DialogueError extends Error {
  override readonly name = "DialogueError";
}

/** @throws DialogueError at the first line that is none */
export function readDialogue(file: string, content: string): Dialogue {
  const all = content.split("\n").map((text, index) => ({ number: index + 1, text: text.trim() }));
  const title = all.find(({ text }) => text !== "");
  if (title === undefined || !title.text.startsWith("# ")) throw new DialogueError(`${file}:1: a dialogue begins with its title`);
  const lines = all.filter(({ text }) => text !== "" && !text.startsWith("#")).map(({ number, text }) => readLine(file, number, text));
  if (!lines.some(({ step }) => step.actor === "nod")) throw new DialogueError(`${file}:${title.number}: nothing is expected of Nod`);
  return { file, title: title.text.slice(2), lines };
}

function readLine(file: string, number: number, text: string): Line {
  const [actor = ""] = text.split(/\s+/, 1);
  const rest = text.slice(actor.length).trim().replaceAll(/\s+/g, " ");
  const own = steps.filter((step) => step.actor === actor);
  const found = own.flatMap((step) => {
    const match = step.pattern.exec(rest);
    return match === null ? [] : [{ number, text, step, said: { ...match.groups } }];
  });
  const [line] = found;
  if (line === undefined) throw new DialogueError(`${file}:${number}: "${text}" says nothing that is known; ${own.length === 0 ? `nobody is called ${actor}` : `${actor} ${own.map(({ form }) => form).join(`\n  ${actor} `)}`}`);
  if (found.length > 1) throw new DialogueError(`${file}:${number}: "${text}" can be read as ${found.map(({ step }) => step.form).join(" and as ")}`);
  return line;
}

/** How long a line waits for what it says; the last one may have less, where it is known that it does not hold. */
export type PlayOptions = { patienceMs?: number; lastLinePatienceMs?: number };

/** @throws DialogueError at the first line that does not hold */
export async function playDialogue(database: TestDatabase, dialogue: Dialogue, { patienceMs = 60_000, lastLinePatienceMs = patienceMs }: PlayOptions = {}): Promise<void> {
  const givesUp = dialogue.lines.some(({ text }) => text.includes("never answers POST"));
  const stage = await setStage(database, { patienceMs, requestTimeoutMs: givesUp ? 4_000 : 60_000, on: dialogue.lines.some(({ step }) => step.actor === "simulator") ? "simulator" : "wire" });
  try {
    await play(stage, dialogue.file, { text: "before the first line", number: 1, run: () => begin(stage) });
    for (const [index, { text, number, step, said }] of dialogue.lines.entries()) {
      if (index === dialogue.lines.length - 1) stage.patienceMs = lastLinePatienceMs;
      await play(stage, dialogue.file, { text, number, run: () => step.run(stage, said) });
    }
    const wrong = await whatIsWrongAtTheEnd(stage);
    if (wrong !== null) throw new DialogueError(`${dialogue.file}:${dialogue.lines.at(-1)?.number ?? 1}: after the last line ${wrong}`);
  } finally {
    await stage.end();
  }
}

/** The session and the prices are the dialogue's own, whatever the simulator's are. */
async function begin(stage: Stage): Promise<void> {
  await eventually(stage, "a process that has compared the books", () => Promise.resolve({ holds: stage.isReady(), seen: "one that has not" }));
  await openTheMarket(stage.database.ownerPool);
}

async function play(stage: Stage, file: string, line: { text: string; number: number; run: () => Promise<void> }): Promise<void> {
  try {
    await line.run();
  } catch (error) {
    const failures = stage.failures.map(String).join("; ");
    const what = error instanceof Mismatch ? error.message : String(error);
    throw new DialogueError(`${file}:${line.number}: "${line.text}": ${what}${failures === "" ? "" : ` (${failures})`}`, { cause: error });
  }
}

export const readDialogueFile = (path: string): Dialogue => readDialogue(basename(path), readFileSync(path, "utf8"));
