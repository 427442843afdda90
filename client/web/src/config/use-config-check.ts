import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ConfigCheck } from "@nod/contract/config-exchange";
import type { ProblemError } from "@nod/contract/problem";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";

/** Long enough that a word is typed out, short enough that nobody waits for it. */
const pauseMs = 400;

/** `unknown`: the server could not be asked; PUT will tell. */
export type Checked = { kind: "fits"; check: ConfigCheck } | { kind: "faulty"; faults: readonly ProblemError[] } | { kind: "unknown"; why: string } | { kind: "checking" };

/** What the server says to a document that is being written, once the writing pauses. Null: there is none to look at. */
export function useConfigCheck(own: object | null): Checked {
  const text = own === null ? null : JSON.stringify(own);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error } = useQuery({
    queryKey: ["config-check", settled],
    queryFn: async (): Promise<Checked> => {
      try {
        return { kind: "fits", check: await http.checkConfig(JSON.parse(settled ?? "{}")) };
      } catch (failure) {
        if (failure instanceof RefusedError && failure.errors.length > 0) return { kind: "faulty", faults: failure.errors };
        throw failure;
      }
    },
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
  });
  if (data !== undefined) return data;
  return error === null ? { kind: "checking" } : { kind: "unknown", why: wordsForFailure(error) };
}
