import { useQuery } from "@tanstack/react-query";
import type { ActivityFilter } from "@nod/contract/activity";
import { useEffect, useRef } from "react";
import { Link } from "../app/link.tsx";
import { skippedQuery } from "../questions/queries.ts";
import { ActivityList } from "./activity-list.tsx";
import { filterNames, filters } from "./filters.ts";
import { OpenStory } from "./open-story.tsx";
import { sumWords, wouldHaveMade } from "./skipped-words.ts";

/** Which stories: kept in the address. */
function Filters({ show }: { show: ActivityFilter }) {
  const row = useRef<HTMLElement>(null);
  // With braces: some browsers give a promise back, which is no way to clean up.
  useEffect(() => {
    row.current?.querySelector(`[data-show="${show}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [show]);
  return (
    <nav ref={row} aria-label="Which stories" className="-mt-2 mb-3 flex gap-1 overflow-x-auto scroll-px-5 px-5 py-1 [scrollbar-width:none]">
      {filters.map((each) => (
        <Link
          key={each}
          data-show={each}
          to={{ screen: "activity", storyId: null, show: each }}
          aria-current={each === show ? "page" : undefined}
          className={`grid min-h-11 shrink-0 place-items-center rounded-pill px-3 text-small transition-colors ${each === show ? "bg-ink font-strong text-paper" : "bg-wash text-soft hover:bg-wash-strong"}`}
        >
          {filterNames[each]}
        </Link>
      ))}
    </nav>
  );
}

/** What all that was not approved would have made together, above the list of it. */
function SkippedSum() {
  const { data } = useQuery(skippedQuery);
  const words = data === undefined ? null : sumWords(data);
  if (words === null) return null;
  return (
    <section aria-label="What they would have made" className="border-t border-line px-5 py-4">
      <p>
        <strong className="text-lead font-strong tracking-tight">{words.figure}</strong> <span className="text-soft">{words.title}</span>
      </p>
      <p className="mt-1 text-small text-pretty text-faint">{words.detail}</p>
    </section>
  );
}

/** On a phone the list or one story; on a desktop both, side by side. */
export function ActivityScreen({ storyId, show }: { storyId: string | null; show: ActivityFilter }) {
  const isMeasured = show === "skipped" || show === "expired";
  const { data: skipped } = useQuery({ ...skippedQuery, enabled: isMeasured });
  const measures = new Map(skipped?.questions.map((measure) => [measure.question_id, wouldHaveMade(measure)]));
  return (
    <div className="flex min-h-0 flex-1 lg:gap-10">
      <h1 className="sr-only">Activity</h1>
      <section aria-label="Stories" className={`min-h-0 min-w-0 flex-1 overflow-y-auto lg:block lg:max-w-[34rem] ${storyId === null ? "" : "hidden"}`}>
        <ActivityList show={show} openStoryId={storyId} {...(isMeasured && { besideOf: (story) => measures.get(story.id) ?? null })}>
          <Filters show={show} />
          {isMeasured && <SkippedSum />}
        </ActivityList>
      </section>
      <section aria-label="Story" tabIndex={storyId === null ? undefined : 0} className={`min-h-0 min-w-0 flex-1 overflow-y-auto lg:block ${storyId === null ? "hidden" : ""}`}>
        {storyId === null ? <p className="px-5 py-8 text-faint">Choose a story to see every step of it.</p> : <OpenStory key={storyId} storyId={storyId} show={show} />}
      </section>
    </div>
  );
}
