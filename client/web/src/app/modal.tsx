import { useId, useLayoutEffect, useRef, type MouseEvent, type ReactNode } from "react";

export type ModalProps = {
  /** `alertdialog`: it asks for a decision, and a press beside it decides nothing. */
  role: "dialog" | "alertdialog";
  title: string;
  /** Read out with the title; nothing where the content speaks for itself. */
  description?: ReactNode;
  /** Where it stands on a phone: at the thumb, or in the middle as on a desktop. */
  at: "bottom" | "middle";
  /** By Escape, or by a press beside what is no decision. */
  onClose: () => void;
  children: ReactNode;
};

const places: Record<ModalProps["at"], string> = {
  bottom: "top-auto bottom-[max(1rem,env(safe-area-inset-bottom))] max-w-md sm:inset-y-0 sm:my-auto",
  middle: "inset-y-0 my-auto max-w-sm",
};

/** What a modal is closed with where closing changes nothing: the focus begins there. */
export const safeChoice = { "data-safe-choice": "" } as const;

/**
 * Over everything else, for as long as it is rendered. The browser's own: it keeps the focus inside, makes the page behind
 * inert, and gives the focus back to where it was.
 */
export function Modal({ role, title, description, at, onClose, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog === null) return undefined;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-safe-choice]")?.focus();
    return () => dialog.close();
  }, []);
  const closeByPressBeside = ({ target }: MouseEvent): void => {
    if (role === "dialog" && target === element.current) onClose();
  };
  return (
    <dialog
      ref={element}
      role={role}
      aria-labelledby={`${id}-title`}
      aria-describedby={description === undefined ? undefined : `${id}-description`}
      onCancel={(event) => {
        // What is open is told by who renders it.
        event.preventDefault();
        onClose();
      }}
      onClick={closeByPressBeside}
      className={`sheet fixed inset-x-4 mx-auto h-fit max-h-[calc(100dvh-2rem)] w-auto overflow-y-auto rounded-surface bg-card text-ink shadow-surface ${places[at]}`}
    >
      <div className="p-6">
        <h2 id={`${id}-title`} className="text-lead font-strong tracking-tight">
          {title}
        </h2>
        {description !== undefined && (
          <p id={`${id}-description`} className="mt-2 text-soft">
            {description}
          </p>
        )}
        {children}
      </div>
    </dialog>
  );
}
