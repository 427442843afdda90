import { useQuery } from "@tanstack/react-query";
import { AlertDialog } from "radix-ui";
import { useState } from "react";
import { PowerIcon } from "../app/icons.tsx";
import { statusQuery } from "../questions/queries.ts";
import { KillSwitchSheet } from "./kill-switch-sheet.tsx";

/** In the header of every screen: one press shows what would happen, a second one does it. */
export function KillSwitchButton() {
  const { data: status } = useQuery(statusQuery);
  const [open, setOpen] = useState(false);
  const active = status?.kill_switch.enabled === true;
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger
        aria-label={active ? "Kill switch: on" : "Kill switch"}
        className={`grid size-11 place-items-center rounded-pill transition-colors ${active ? "bg-red text-on-red" : "border border-line text-soft hover:bg-wash hover:text-ink"}`}
      >
        <PowerIcon />
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="scrim fixed inset-0 z-30 bg-scrim" />
        <AlertDialog.Content className="sheet fixed inset-x-4 bottom-[max(1rem,env(safe-area-inset-bottom))] z-40 mx-auto max-h-[calc(100dvh-2rem)] max-w-md overflow-y-auto rounded-surface bg-card p-6 shadow-surface sm:inset-y-0 sm:my-auto sm:h-fit">
          <KillSwitchSheet killSwitch={status?.kill_switch} onDone={() => setOpen(false)} />
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
