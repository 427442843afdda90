import type { ReactNode } from "react";

/** One subject of the settings: its name, and rows with hairlines between them. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="pt-6">
      <h2 className="px-5 pb-2 text-small font-strong text-faint">{title}</h2>
      <div className="border-b border-line">{children}</div>
    </section>
  );
}

/** A setting: what it is and means on the left, what changes it on the right. */
export function Row({ title, detail, children }: { title: ReactNode; detail?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex items-center gap-4 border-t border-line px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <div>{title}</div>
        {detail !== undefined && <div className="mt-0.5 text-small text-soft text-pretty">{detail}</div>}
      </div>
      {children !== undefined && <div className="shrink-0">{children}</div>}
    </div>
  );
}

/** A switch as it is used everywhere: named by the text that stands beside it. */
export function Switch({ on, disabled = false, labelledBy, label, onChange }: { on: boolean; disabled?: boolean; labelledBy?: string; label?: string; onChange: (on: boolean) => void }) {
  return (
    <button type="button" role="switch" aria-checked={on} aria-labelledby={labelledBy} aria-label={label} disabled={disabled} onClick={() => onChange(!on)} className="-my-2 -mr-1.5 grid min-h-11 min-w-14 shrink-0 place-items-center disabled:opacity-60">
      <span className={`flex h-7 w-12 rounded-pill p-0.75 transition-colors ${on ? "bg-accent" : "bg-wash-strong"}`}>
        <span className={`size-5.5 rounded-pill bg-card transition-[translate] ${on ? "translate-x-5" : ""}`} />
      </span>
    </button>
  );
}

export const fieldClass = "h-11 rounded-inner border border-line bg-card px-3 text-body";
export const smallButtonClass = "min-h-11 rounded-pill border border-line px-4 text-small font-strong transition-colors hover:bg-wash disabled:text-faint";
