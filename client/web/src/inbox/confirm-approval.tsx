import { AlertDialog } from "radix-ui";

/** The second step of a deliberate approval for keys and assistive technology. */
export function ConfirmApproval({ open, label, line, onApprove, onClose }: { open: boolean; label: string; line: string; onApprove: () => void; onClose: () => void }) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="scrim fixed inset-0 z-30 bg-scrim" />
        <AlertDialog.Content className="sheet fixed inset-x-4 bottom-[max(1rem,env(safe-area-inset-bottom))] z-40 mx-auto max-w-md rounded-surface bg-card p-6 shadow-surface sm:inset-y-0 sm:my-auto sm:h-fit">
          <AlertDialog.Title className="text-lead font-strong tracking-tight">{label}?</AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-soft">{line}</AlertDialog.Description>
          <div className="mt-6 flex gap-3">
            <AlertDialog.Cancel className="h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">Not yet</AlertDialog.Cancel>
            <AlertDialog.Action onClick={onApprove} className="h-14 flex-[1.4] rounded-surface bg-accent px-4 font-strong text-on-accent transition-colors hover:bg-accent-strong">
              {label}
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
