import { useState } from "react";
import { useKeys } from "./keys.ts";
import { Modal, safeChoice } from "./modal.tsx";

const keys: readonly { key: string; does: string }[] = [
  { key: "→", does: "Approve the card in hand" },
  { key: "←", does: "Skip it" },
  { key: "U", does: "Undo the last approval, while its seconds run" },
  { key: "?", does: "This list" },
  { key: "Esc", does: "Close what is open" },
];

/** `?` shows which keys there are. */
export function KeysHelp() {
  const [open, setOpen] = useState(false);
  useKeys(["?"], () => setOpen(true));
  if (!open) return null;
  const close = (): void => setOpen(false);
  return (
    <Modal role="dialog" at="middle" title="Keys" onClose={close}>
      <dl className="mt-4">
        {keys.map(({ key, does }) => (
          <div key={key} className="flex items-baseline gap-4 border-t border-line py-2.5">
            <dt className="w-10 shrink-0 font-strong">{key}</dt>
            <dd className="text-soft">{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" {...safeChoice} onClick={close} className="mt-4 h-12 w-full rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong">
        Close
      </button>
    </Modal>
  );
}
