import type { ActivityFilter } from "@nod/contract/activity";
import type { ReactNode } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { Link } from "../app/link.tsx";
import { useServerNow } from "../live/use-server-now.ts";
import { clockTime } from "../words/time.ts";
import { nothingOf } from "./filters.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";
import type { Story } from "./stories.ts";
import { StorySteps } from "./story-steps.tsx";
import { useStories } from "./use-stories.ts";

function Row({ story, show, open, beside, nowMs }: { story: Story; show: ActivityFilter; open: boolean; beside: string | null; nowMs: number }) {
  return (
    <li className="border-t border-line" data-story={story.id} data-badge={story.badge}>
      <Link to={{ screen: "activity", storyId: story.id, show }} aria-current={open ? "true" : undefined} className={`flex gap-3 px-5 py-4 transition-colors hover:bg-wash/50 lg:rounded-inner ${open ? "bg-wash/70" : ""}`}>
        <span className="grid size-11 shrink-0 place-items-center rounded-inner bg-wash text-small font-strong">{story.symbol}</span>
        <span className="min-w-0 flex-1">
          <span className="flex items-start justify-between gap-3">
            <span className="text-body">{story.title}</span>
            <OutcomeBadge tone={story.tone}>{story.badge}</OutcomeBadge>
          </span>
          <span className="mt-0.5 flex items-baseline justify-between gap-3 text-small text-faint">
            <span>
              {story.detail === "" ? "" : `${story.detail.replace(/\.$/, "")} · `}
              {clockTime(story.atMs, nowMs)}
            </span>
            {beside !== null && <span className="shrink-0 text-soft">{beside}</span>}
          </span>
          {story.order !== null && (
            <span className="mt-2 block">
              <StorySteps steps={story.steps} />
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

function RowBones() {
  return (
    <div aria-busy="true" aria-label="Loading">
      {[0, 1, 2].map((row) => (
        <div key={row} className="flex gap-3 border-t border-line px-5 py-4">
          <span className="bone size-11" />
          <span className="flex flex-1 flex-col gap-2">
            <span className="bone h-5 w-48" />
            <span className="bone h-4 w-32" />
          </span>
        </div>
      ))}
    </div>
  );
}

export type ActivityListProps = {
  show: ActivityFilter;
  openStoryId: string | null;
  /** Cards that are open stand beside it already. */
  withoutOpen?: boolean;
  /** A figure to stand in a row; null for most. */
  besideOf?: (story: Story) => string | null;
  /** Stands under the heading. */
  children?: ReactNode;
};

/** What was asked and what became of it, one story a row, live. */
export function ActivityList({ show, openStoryId, withoutOpen = false, besideOf, children }: ActivityListProps) {
  const { stories, error, more } = useStories(show);
  const nowMs = useServerNow(30_000);
  const shown = withoutOpen ? stories?.filter(({ standing }) => standing !== "asked") : stories;
  return (
    <>
      <h2 className="px-5 pt-2 pb-4 text-lead font-strong tracking-tight">Activity</h2>
      {children}
      {stories === null && error === null && <RowBones />}
      {error !== null && (
        <p role="alert" className="px-5 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {shown?.length === 0 && more === null && <p className="border-t border-line px-5 py-8 text-soft">{nothingOf[show]}</p>}
      <ul aria-live="polite" aria-relevant="additions text" className="border-b border-line empty:hidden">
        {shown?.map((story) => (
          <Row key={story.id} story={story} show={show} open={story.id === openStoryId} beside={besideOf?.(story) ?? null} nowMs={nowMs} />
        ))}
      </ul>
      {more !== null && (
        <div className="p-5">
          <p role="alert" className="mb-3 text-small text-amber empty:hidden">
            {more.failure !== null && wordsForFailure(more.failure)}
          </p>
          <button type="button" disabled={more.loading} onClick={more.load} className="h-12 w-full rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong">
            {more.loading ? "Loading" : "Show older"}
          </button>
        </div>
      )}
    </>
  );
}
