import { setSession, type Session } from "../api/session.ts";
import { ActivityList } from "./activity-list.tsx";
import { StoryTrace } from "./story-trace.tsx";
import { useStories } from "./use-stories.ts";

function Account({ session }: { session: Session }) {
  return (
    <p className="flex items-center justify-between gap-4 px-5 py-4 text-small text-faint">
      <span className="min-w-0 truncate">Signed in as {session.uid}</span>
      <button type="button" onClick={() => setSession(null)} className="min-h-11 px-2 text-soft underline-offset-4 hover:underline">
        Sign out
      </button>
    </p>
  );
}

function OpenStory({ storyId }: { storyId: string }) {
  const { stories } = useStories();
  const story = stories?.find(({ id }) => id === storyId);
  if (story !== undefined) return <StoryTrace story={story} />;
  return <p className="px-5 py-8 text-soft">{stories === null ? "Loading the story." : "This story is not among those loaded. Show older ones in the list."}</p>;
}

/** On a phone the list or one story; on a desktop both, side by side. */
export function ActivityScreen({ storyId, session }: { storyId: string | null; session: Session }) {
  return (
    <div className="flex min-h-0 flex-1 lg:gap-10">
      <h1 className="sr-only">Activity</h1>
      <section aria-label="Stories" className={`min-h-0 flex-1 overflow-y-auto lg:block lg:max-w-[34rem] ${storyId === null ? "" : "hidden"}`}>
        <ActivityList openStoryId={storyId} />
        <Account session={session} />
      </section>
      <section aria-label="Story" className={`min-h-0 flex-1 overflow-y-auto lg:block ${storyId === null ? "hidden" : ""}`}>
        {storyId === null ? <p className="px-5 py-8 text-faint">Choose a story to see every step of it.</p> : <OpenStory storyId={storyId} />}
      </section>
    </div>
  );
}
