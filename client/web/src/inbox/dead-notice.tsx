import { useQuery } from "@tanstack/react-query";
import type { Question, QuestionOutcome } from "@nod/contract/question";
import type { ClosedBy } from "../questions/deck.ts";
import { questionQuery } from "../questions/queries.ts";
import { wordsForDeadCard } from "../words/question.ts";

/** Says over a dead card why it died. When this page was not told, the server is asked. */
export function DeadNotice({ questionId, outcome, by, successor }: { questionId: string; outcome: QuestionOutcome | null; by: ClosedBy; successor: Question | null }) {
  const { data } = useQuery({ ...questionQuery(questionId), enabled: outcome === null });
  const learned = data === undefined || data.status === "open" ? null : data.status;
  const words = wordsForDeadCard(outcome ?? learned, by, successor);
  return (
    <div role="status" className="absolute inset-0 grid place-content-center gap-1 rounded-surface bg-card/80 px-8 text-center">
      <p className="text-lead font-strong tracking-tight text-ink">{words.title}</p>
      <p className="text-soft text-balance">{words.detail}</p>
    </div>
  );
}
