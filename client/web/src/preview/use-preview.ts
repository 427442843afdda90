import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";
import type { ReplayReport } from "@nod/contract/preview";
import { RefusedError } from "../api/errors.ts";
import { http } from "../api/http.ts";

/** What is being tried: a document as text, over so many trading days; `attempt` makes a second try of the same another one. */
export type Trial = { own: string; days: number; attempt: number };

/** One that was called off goes on at the server for a few seconds, and holds up the next: as often and as long is waited for it. */
const waits = 5;
const waitMs = 2_000;

async function previewed({ own, days }: Trial, calledOff: AbortSignal): Promise<ReplayReport> {
  for (let waited = 0; ; waited += 1) {
    try {
      return await http.previewConfig(JSON.parse(own), days, calledOff);
    } catch (error) {
      if (!(error instanceof RefusedError && error.code === "rate_limited" && waited < waits)) throw error;
    }
    await pause(waitMs, calledOff);
  }
}

function pause(ms: number, calledOff: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  calledOff.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(new Error("called off"));
  });
  return promise;
}

/** Asks once for each trial and keeps what was told of the one before meanwhile; without a trial the call on the way is called off. */
export function usePreview(trial: Trial | null) {
  return useQuery({
    queryKey: ["preview", trial],
    queryFn: trial === null ? skipToken : ({ signal }) => previewed(trial, signal),
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
  });
}
