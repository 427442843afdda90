import { Modal, safeChoice } from "../app/modal.tsx";

/** The second step of a deliberate approval for keys and assistive technology. */
export function ConfirmApproval({ label, line, onApprove, onClose }: { label: string; line: string; onApprove: () => void; onClose: () => void }) {
  const approve = (): void => {
    onApprove();
    onClose();
  };
  return (
    <Modal role="alertdialog" at="bottom" title={`${label}?`} description={line} onClose={onClose}>
      <div className="mt-6 flex gap-3">
        <button type="button" {...safeChoice} onClick={onClose} className="h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">
          Not yet
        </button>
        <button type="button" onClick={approve} className="h-14 flex-[1.4] rounded-surface bg-accent px-4 font-strong text-on-accent transition-colors hover:bg-accent-strong">
          {label}
        </button>
      </div>
    </Modal>
  );
}
