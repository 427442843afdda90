import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Order } from "@nod/contract/order";
import { wordsForFailedUndo } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { useKeys } from "../app/keys.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { lookAgainAtActivity, takeOrder } from "../questions/queries.ts";
import { secondsToUndo } from "./undo.ts";

/** Takes the approval back while nothing has been sent. It goes when its time is over, by the server's clock. */
export function UndoButton({ order }: { order: Order }) {
  const client = useQueryClient();
  const seconds = secondsToUndo(order, useServerNow(200));
  const { mutate, isPending, error } = useMutation({
    mutationFn: (questionId: string) => http.undo(questionId),
    onSuccess: (undone) => takeOrder(client, undone),
    onError: () => lookAgainAtActivity(client),
  });
  const { question_id: questionId } = order;
  useKeys(["u"], () => {
    if (questionId !== null && seconds > 0 && !isPending) mutate(questionId);
  });
  return (
    <>
      {questionId !== null && (seconds > 0 || isPending) && (
        <button
          type="button"
          disabled={isPending}
          title="Undo (U)"
          aria-keyshortcuts="U"
          onClick={() => mutate(questionId)}
          className="mt-2 min-h-11 rounded-pill border border-line px-4 text-small font-strong text-ink disabled:text-faint"
        >
          {isPending ? "Taking it back…" : `Undo · ${seconds} s`}
        </button>
      )}
      {error !== null && <p className="mt-1 text-small text-amber">{wordsForFailedUndo(error)}</p>}
    </>
  );
}
