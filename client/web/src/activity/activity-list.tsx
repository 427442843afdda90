import { useQuery } from "@tanstack/react-query";
import { wordsForFailure } from "../api/errors.ts";
import { Link } from "../app/link.tsx";
import { useServerNow } from "../live/use-server-now.ts";
import { questionQuery } from "../questions/queries.ts";
import { clockTime } from "../words/time.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";
import { whatHappened, type Story } from "./stories.ts";
import { StorySteps } from "./story-steps.tsx";
import { useStories } from "./use-stories.ts";

function Row({ story, open, nowMs }: { story: Story; open: boolean; nowMs: number }) {
  // After a reload the page knows the order, not what was asked.
  const asked = useQuery({ ...questionQuery(story.questionId ?? ""), enabled: story.detail === "" && story.questionId !== null });
  const detail = story.detail !== "" ? story.detail : asked.data === undefined ? "" : whatHappened(asked.data);
  return (
    <li className="border-t border-line" data-story={story.id} data-badge={story.badge}>
      <Link to={{ screen: "activity", storyId: story.id }} aria-current={open ? "true" : undefined} className={`flex gap-3 px-5 py-4 transition-colors hover:bg-wash/50 lg:rounded-inner ${open ? "bg-wash/70" : ""}`}>
        <span className="grid size-11 shrink-0 place-items-center rounded-inner bg-wash text-small font-strong">{story.symbol}</span>
        <span className="min-w-0 flex-1">
          <span className="flex items-start justify-between gap-3">
            <span className="text-body">{story.title}</span>
            <OutcomeBadge tone={story.tone}>{story.badge}</OutcomeBadge>
          </span>
          <span className="mt-0.5 block text-small text-faint">
            {detail === "" ? "" : `${detail.replace(/\.$/, "")} · `}
            {clockTime(story.atMs, nowMs)}
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

/** What was asked and what became of it, one story a row, live. */
export function ActivityList({ openStoryId }: { openStoryId: string | null }) {
  const { stories, error, more, loadingMore } = useStories();
  const nowMs = useServerNow(30_000);
  return (
    <>
      <h2 className="px-5 pt-2 pb-4 text-lead font-strong tracking-tight">Activity</h2>
      {stories === null && error === null && <RowBones />}
      {error !== null && (
        <p role="alert" className="px-5 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {stories?.length === 0 && <p className="border-t border-line px-5 py-8 text-soft">Nothing has happened yet. What you approve or skip is told here, from the question to the fill.</p>}
      <ul aria-live="polite" aria-relevant="additions text" className="border-b border-line empty:hidden">
        {stories?.map((story) => (
          <Row key={story.id} story={story} open={story.id === openStoryId} nowMs={nowMs} />
        ))}
      </ul>
      {more !== null && (
        <p className="p-5">
          <button type="button" disabled={loadingMore} onClick={more} className="h-12 w-full rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong">
            {loadingMore ? "Loading" : "Show older"}
          </button>
        </p>
      )}
    </>
  );
}
