/** People with several devices: they swipe twice, disagree with themselves, come late, and ask again what became of it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { World } from "./world.ts";

/** How often nothing else happens right after an answer, until its order was sent, or for a moment. */
const [patientShare, momentShare] = [0.4, 0.3];

type AskedQuestion = { id: string; firebase_uid: string; kind: "swipe" | "numeric"; status: string; min: string | null; max: string | null };

/** Answers a question, by preference one that is open, from one or several devices. */
export async function answerSomething(world: World, random: Random): Promise<void> {
  const wantsOpen = random.chance(0.85);
  const { rows } = await world.owner.query<AskedQuestion>(
    `select id, firebase_uid, kind, status, metadata -> 'order' -> 'ask' ->> 'min' as min, metadata -> 'order' -> 'ask' ->> 'max' as max
     from questions where status = 'open' or not $1::boolean order by firebase_uid, source_tag, created_at`,
    [wantsOpen],
  );
  if (rows.length === 0) return;
  const question = random.pick(rows);
  const devices = random.weighted([[5, 1], [3, 2], [2, 4], [1, 8]]);
  const first = valueFor(question, random);
  const sends = sendsOf(world);
  const approved = await Promise.all(
    Array.from({ length: devices }, async (_, device) => {
      const own = random.fork(`device ${device}`);
      const value = own.chance(0.6) ? first : valueFor(question, own);
      if (own.chance(0.5)) await sleep(own.integer(0, 12));
      return answerOnce(world, question, value, own);
    }),
  );
  await afterwards(world, random, sends, approved);
}

/** Everybody answers everything that is open, at once. */
export async function answerEverything(world: World, random: Random): Promise<void> {
  const { rows } = await world.owner.query<AskedQuestion>(
    `select id, firebase_uid, kind, status, metadata -> 'order' -> 'ask' ->> 'min' as min, metadata -> 'order' -> 'ask' ->> 'max' as max
     from questions where status = 'open' order by firebase_uid, source_tag, created_at`,
  );
  const sends = sendsOf(world);
  const approved = await Promise.all(rows.map((question, index) => answerOnce(world, question, yesTo(question), random.fork(`question ${index}`))));
  await afterwards(world, random, sends, approved);
}

const sendsOf = (world: World): number => world.alive().reduce((sum, life) => sum + life.sends(), 0);

async function afterwards(world: World, random: Random, sendsBefore: number, approved: readonly boolean[]): Promise<void> {
  const isPatient = random.chance(patientShare);
  if (isPatient && approved.includes(true)) await world.waitFor(() => sendsOf(world) !== sendsBefore);
  else if (random.chance(momentShare)) await sleep(random.integer(0, 40));
}

/** A mis-swipe is taken back, in time or not: whoever was told that it was must not see it sent. */
export async function takeSomethingBack(world: World, random: Random): Promise<void> {
  const { rows } = await world.owner.query<{ question_id: string; firebase_uid: string }>(
    "select question_id, firebase_uid from trade_orders where question_id is not null order by (status = 'pending_submit') desc, created_at desc limit 3",
  );
  const lives = world.alive();
  if (rows.length === 0 || lives.length === 0) return;
  const { question_id: questionId, firebase_uid: uid } = random.pick(rows);
  const life = random.pick(lives);
  try {
    const { kind } = await life.undo(uid, questionId);
    if (life.isDead()) return;
    world.say(`${uid} takes ${questionId.slice(0, 8)} back (${kind})`);
    await world.owner.query("insert into chaos.replies (firebase_uid, question_id, value, kind) values ($1, $2, 0, $3)", [uid, questionId, kind]);
  } catch (error) {
    world.say(`${uid} got no reply to taking ${questionId.slice(0, 8)} back (${error instanceof Error ? error.name : String(error)})`);
  }
}

const yesTo = ({ kind, min }: AskedQuestion): number => (kind === "swipe" ? 10 : Number(min ?? 1));

function valueFor(question: AskedQuestion, random: Random): number {
  if (question.kind === "swipe") return random.weighted([[8, 10], [2, 6], [2, -10], [1, 2], [1, 11]]);
  const [min, max] = [Number(question.min ?? 1), Number(question.max ?? 1)];
  return random.weighted([[6, random.integer(min, max)], [2, min + 0.25], [1, 0], [1, max + 1]]);
}

/** A reply counts only if it arrived: what the person saw must be what is stored. @returns whether he saw that he approved */
async function answerOnce(world: World, question: AskedQuestion, value: number, random: Random): Promise<boolean> {
  const lives = world.alive();
  if (lives.length === 0) return false;
  const life = random.pick(lives);
  try {
    const outcome = await life.answers.answer(question.firebase_uid, question.id, value, { via: random.chance(0.5) ? "http" : "hub", requestId: null });
    if (life.isDead()) return false;
    world.say(`${question.firebase_uid} answers ${value} to ${question.id.slice(0, 8)} (${outcome.kind})`);
    await world.owner.query("insert into chaos.replies (firebase_uid, question_id, value, kind, result) values ($1, $2, $3, $4, $5)", [
      question.firebase_uid, question.id, value, outcome.kind, outcome.kind === "answered" ? JSON.stringify(outcome.result) : null,
    ]);
    return outcome.kind === "answered" && outcome.result.outcome === "approved";
  } catch (error) {
    world.say(`${question.firebase_uid} got no reply for ${value} to ${question.id.slice(0, 8)} (${error instanceof Error ? error.name : String(error)})`);
    return false;
  }
}
