import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { SnoozeTime } from "@nod/contract/snooze";
import { http } from "../api/http.ts";
import { lookAgainAtStandings, snoozesQuery } from "./queries.ts";

/** Lets a rule be quiet for a while, or (null) ask again. A card that is open stays open. */
export function useSnooze(ruleId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (time: SnoozeTime | null) => http.snooze(ruleId, time),
    onSuccess: (changed) => {
      client.setQueryData(snoozesQuery.queryKey, changed);
      lookAgainAtStandings(client);
    },
  });
}
