import type { StoryStep } from "./stories.ts";

const dots: Record<StoryStep["state"], string> = {
  done: "bg-accent",
  now: "border-2 border-accent motion-safe:animate-pulse",
  ahead: "border border-faint",
  stopped: "bg-amber",
};
const spoken: Record<StoryStep["state"], string> = { done: "", now: ", under way", ahead: ", not yet", stopped: "" };

/** asked — approved — sent — filled, in one line. */
export function StorySteps({ steps }: { steps: readonly StoryStep[] }) {
  return (
    <ol className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-small text-faint">
      {steps.map(({ name, state }, index) => (
        <li key={name} className="flex items-center gap-1.5" data-step={name} data-state={state}>
          {index > 0 && <span className="h-px w-2.5 bg-line" aria-hidden="true" />}
          <span className={`size-2 rounded-pill ${dots[state]}`} aria-hidden="true" />
          <span className={state === "ahead" ? "text-faint" : "text-soft"}>
            {name}
            <span className="sr-only">{spoken[state]}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
