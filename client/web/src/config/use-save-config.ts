import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { configQuery, ruleStandingsQuery, statusQuery } from "../questions/queries.ts";

/** Replaces the person's own document, if it still is the one that `config` was read with. */
export function useSaveConfig(config: ConfigResponse) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (own: unknown) => http.putConfig(own, config.revision),
    onSuccess: (saved) => {
      client.setQueryData(configQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      void client.invalidateQueries({ queryKey: ruleStandingsQuery.queryKey });
    },
    onError: (error) => {
      // What was typed is kept; only what is known of the server's is looked up again.
      if (isConflict(error)) void client.invalidateQueries({ queryKey: configQuery.queryKey });
    },
  });
}

export function isConflict(error: unknown): boolean {
  return error instanceof RefusedError && error.code === "revision_conflict";
}

/** Why a change of the config was not taken. */
export function wordsForUnsaved(error: unknown): string {
  if (isConflict(error)) return "Your config was changed elsewhere meanwhile. It has been loaded again; nothing was changed here.";
  if (error instanceof RefusedError && error.errors.length > 0) return `Nothing was changed. ${error.errors.map(({ pointer, message }) => `${pointer === "" ? "The document" : pointer} ${message}`).join(". ")}.`;
  return wordsForFailure(error);
}
