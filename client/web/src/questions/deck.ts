import type { AnswerResult, Question, QuestionOutcome } from "@nod/contract/question";

/** What a person decided. What is sent for it depends on the question. */
export type Choice = { kind: "approve"; amount: string | null } | { kind: "skip" };

/** Who closed a question: this page, another device, or nobody (it expired or was withdrawn). */
export type ClosedBy = "you" | "elsewhere" | "nobody";

export type CardPhase =
  | { kind: "open"; note: string | null }
  | { kind: "answering"; choice: Choice }
  /** It died in the hand, and says so until it is put away. Null: it is known to be closed, not how. */
  | { kind: "dead"; outcome: QuestionOutcome | null; by: ClosedBy };

/** `tried`: an answer of this page may have reached the server. */
export type Card = { question: Question; phase: CardPhase; seenAtMs: number; tried: boolean };

export type ClosedQuestion = { question: Question; outcome: QuestionOutcome; by: ClosedBy; closedAtMs: number; result: AnswerResult | null };

/** The cards in the order in which they came, the one in hand first, and what has been closed, newest first. */
export type Deck = { cards: readonly Card[]; closed: readonly ClosedQuestion[]; loaded: boolean };

export const emptyDeck: Deck = { cards: [], closed: [], loaded: false };

/** How many closed questions this page remembers. */
const closedKept = 200;

const isClosed = (deck: Deck, id: string): boolean => deck.closed.some(({ question }) => question.id === id);

function remember(deck: Deck, entry: ClosedQuestion): Deck["closed"] {
  const known = deck.closed.find(({ question }) => question.id === entry.question.id);
  if (known !== undefined) {
    // The hub's event and the reply to an answer tell of the same closing; the reply knows more.
    const merged = { ...known, outcome: entry.outcome, by: entry.by === "you" ? entry.by : known.by, result: entry.result ?? known.result };
    return deck.closed.map((existing) => (existing === known ? merged : existing));
  }
  return [entry, ...deck.closed].slice(0, closedKept);
}

const replaceCard = (deck: Deck, id: string, change: (card: Card) => Card): Deck => ({
  ...deck,
  cards: deck.cards.map((card) => (card.question.id === id ? change(card) : card)),
});

const withoutCard = (deck: Deck, id: string): Deck["cards"] => deck.cards.filter(({ question }) => question.id !== id);

/** A question was asked, or replayed. New cards go under the others: the one in hand never changes by itself. */
export function asked(deck: Deck, question: Question, atMs: number): Deck {
  if (question.status !== "open") return closed(deck, question, question.status, atMs);
  if (isClosed(deck, question.id)) return deck;
  if (deck.cards.some((card) => card.question.id === question.id)) return replaceCard(deck, question.id, (card) => ({ ...card, question }));
  const card: Card = { question, phase: { kind: "open", note: null }, seenAtMs: atMs, tried: false };
  // What asks anew about something comes next, so that the new card follows on the one it replaces.
  return { ...deck, cards: predecessorOf(question) === null ? [...deck.cards, card] : deck.cards.toSpliced(1, 0, card) };
}

/** The question that this one asks anew, since what it had shown was no longer so, or its answer was not clear. */
function predecessorOf({ metadata }: Question): string | null {
  const { revises, follow_up_of: followUpOf } = metadata;
  return typeof revises === "string" ? revises : typeof followUpOf === "string" ? followUpOf : null;
}

/** The open question that was asked in place of this one. */
export function successorOf(deck: Deck, id: string): Question | null {
  return deck.cards.find(({ question }) => predecessorOf(question) === id)?.question ?? null;
}

/** A question was closed. In the hand it dies in place; further down it just leaves. */
export function closed(deck: Deck, question: Question | string, outcome: QuestionOutcome, atMs: number): Deck {
  const id = typeof question === "string" ? question : question.id;
  const index = deck.cards.findIndex((card) => card.question.id === id);
  const card = deck.cards[index];
  const told = typeof question === "string" ? card?.question : question;
  if (told === undefined) return deck;
  const byAnswer = outcome === "approved" || outcome === "rejected";
  const replyAwaited = card?.phase.kind === "answering";
  // Of one that this page never held, nobody here can say where it was answered: it may have been here, before a reload.
  const by: ClosedBy = !byAnswer || card === undefined ? "nobody" : card.tried ? "you" : "elsewhere";
  const remembered = remember(deck, { question: told, outcome, by, closedAtMs: atMs, result: null });
  // While this page's own answer is under way its reply decides what is shown.
  if (card === undefined || replyAwaited) return { ...deck, closed: remembered };
  const dead: CardPhase = { kind: "dead", outcome, by };
  const cards = index === 0 ? deck.cards.map((other) => (other === card ? { ...card, phase: dead } : other)) : withoutCard(deck, id);
  return { ...deck, cards, closed: remembered };
}

/**
 * What is open, as fetched by a call that began at `requestedAtMs`. Cards that came after that moment stay;
 * others that are no longer listed have been closed in a way this page was not told.
 */
export function fetched(deck: Deck, questions: readonly Question[], requestedAtMs: number, now: { deviceMs: number; serverMs: number }): Deck {
  let next: Deck = { ...deck, loaded: true };
  for (const question of questions) next = asked(next, question, now.deviceMs);
  const listed = new Set(questions.map(({ id }) => id));
  for (const [index, { question, phase, seenAtMs }] of deck.cards.entries()) {
    if (phase.kind !== "open" || listed.has(question.id) || seenAtMs >= requestedAtMs) continue;
    if (Date.parse(question.expires_at) <= now.serverMs) next = closed(next, question, "expired", now.deviceMs);
    else if (index === 0) next = replaceCard(next, question.id, (card) => ({ ...card, phase: { kind: "dead", outcome: null, by: card.tried ? "you" : "elsewhere" } }));
    else next = { ...next, cards: withoutCard(next, question.id) };
  }
  return next;
}

/** The person asked for this one: it comes into the hand, and the others keep their order behind it. */
export function inFront(deck: Deck, id: string): Deck {
  const wanted = deck.cards.find(({ question }) => question.id === id);
  return wanted === undefined ? deck : { ...deck, cards: [wanted, ...withoutCard(deck, id)] };
}

export function answering(deck: Deck, id: string, choice: Choice): Deck {
  return replaceCard(deck, id, (card) => ({ ...card, phase: { kind: "answering", choice }, tried: true }));
}

/** The server's word on this page's answer. */
export function answered(deck: Deck, result: AnswerResult, atMs: number): Deck {
  const card = deck.cards.find(({ question }) => question.id === result.question_id);
  const question = card?.question ?? deck.closed.find((entry) => entry.question.id === result.question_id)?.question;
  if (question === undefined) return deck;
  const by: ClosedBy = result.outcome === "approved" || result.outcome === "rejected" ? "you" : "nobody";
  return { ...deck, cards: withoutCard(deck, question.id), closed: remember(deck, { question, outcome: result.outcome, by, closedAtMs: atMs, result }) };
}

/** The answer did not count: the card comes back with the reason, unless it was closed meanwhile. */
export function answerFailed(deck: Deck, id: string, note: string): Deck {
  const closedMeanwhile = deck.closed.find(({ question }) => question.id === id);
  return replaceCard(deck, id, (card) => ({
    ...card,
    phase: closedMeanwhile === undefined ? { kind: "open", note } : { kind: "dead", outcome: closedMeanwhile.outcome, by: closedMeanwhile.by },
  }));
}

/** The server says that it had been closed before the answer came, so it was not this page that closed it. */
export function answerCameLate(deck: Deck, id: string, outcome: QuestionOutcome, atMs: number): Deck {
  const returned = replaceCard(answerFailed(deck, id, ""), id, (card) => ({ ...card, tried: false }));
  return closed(returned, id, outcome, atMs);
}

/** A dead card was put away. */
export function putAway(deck: Deck, id: string): Deck {
  return { ...deck, cards: deck.cards.filter((card) => card.question.id !== id || card.phase.kind !== "dead") };
}
