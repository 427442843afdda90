import { useSyncExternalStore } from "react";
import { update } from "./update.ts";

/** Says that a newer version has come, and leaves the moment to the person. */
export function UpdatePrompt() {
  const ready = useSyncExternalStore(update.subscribe, update.isReady);
  return (
    <div role="status" className="fixed inset-x-4 top-16 z-20 mx-auto max-w-md empty:hidden lg:top-20">
      {ready && (
        <p className="flex items-center justify-between gap-4 rounded-surface border border-line bg-card py-2 pr-2 pl-5 text-small shadow-surface">
          A new version of Nod is ready.
          <button type="button" onClick={() => update.take()} className="min-h-11 rounded-pill bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">
            Reload
          </button>
        </p>
      )}
    </div>
  );
}
