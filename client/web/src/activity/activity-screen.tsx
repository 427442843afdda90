import { ActivityList } from "./activity-list.tsx";
import { StoryTrace } from "./story-trace.tsx";
import { useStories } from "./use-stories.ts";

function OpenStory({ storyId }: { storyId: string }) {
  const { stories } = useStories();
  const story = stories?.find(({ id }) => id === storyId);
  if (story !== undefined) return <StoryTrace story={story} />;
  return <p className="px-5 py-8 text-soft">{stories === null ? "Loading the story." : "This story is not among those loaded. Show older ones in the list."}</p>;
}

/** On a phone the list or one story; on a desktop both, side by side. */
export function ActivityScreen({ storyId }: { storyId: string | null }) {
  return (
    <div className="flex min-h-0 flex-1 lg:gap-10">
      <h1 className="sr-only">Activity</h1>
      <section aria-label="Stories" className={`min-h-0 flex-1 overflow-y-auto lg:block lg:max-w-[34rem] ${storyId === null ? "" : "hidden"}`}>
        <ActivityList openStoryId={storyId} />
      </section>
      <section aria-label="Story" className={`min-h-0 flex-1 overflow-y-auto lg:block ${storyId === null ? "hidden" : ""}`}>
        {storyId === null ? <p className="px-5 py-8 text-faint">Choose a story to see every step of it.</p> : <OpenStory storyId={storyId} />}
      </section>
    </div>
  );
}
