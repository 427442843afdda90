import { Dialog } from "radix-ui";
import { useState } from "react";
import { useKeys } from "./keys.ts";

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
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim fixed inset-0 z-30 bg-scrim" />
        <Dialog.Content aria-describedby={undefined} className="sheet fixed inset-x-4 inset-y-0 z-40 m-auto h-fit max-w-sm rounded-surface bg-card p-6 shadow-surface">
          <Dialog.Title className="text-lead font-strong tracking-tight">Keys</Dialog.Title>
          <dl className="mt-4">
            {keys.map(({ key, does }) => (
              <div key={key} className="flex items-baseline gap-4 border-t border-line py-2.5">
                <dt className="w-10 shrink-0 font-strong">{key}</dt>
                <dd className="text-soft">{does}</dd>
              </div>
            ))}
          </dl>
          <Dialog.Close className="mt-4 h-12 w-full rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong">Close</Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
