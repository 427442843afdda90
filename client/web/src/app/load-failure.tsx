import { Component, type ReactNode } from "react";

type State = { failed: boolean };

/** A screen whose code could not be loaded, or that broke, says so; the others, and the kill switch above them, go on working. */
export class LoadFailure extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert" className="m-auto flex max-w-sm flex-col items-center gap-4 px-8 text-center">
        <p className="text-soft">This screen could not be loaded. Nothing was changed. There may be a newer version, or the connection is gone.</p>
        <button type="button" onClick={() => location.reload()} className="h-12 rounded-surface bg-wash px-6 font-strong transition-colors hover:bg-wash-strong">
          Reload
        </button>
      </div>
    );
  }
}
