import { useQuery } from "@tanstack/react-query";
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
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={active ? "Kill switch: on" : "Kill switch"}
        onClick={() => setOpen(true)}
        className={`grid size-11 place-items-center rounded-pill transition-colors ${active ? "bg-red text-on-red" : "border border-line text-soft hover:bg-wash hover:text-ink"}`}
      >
        <PowerIcon />
      </button>
      {open && <KillSwitchSheet killSwitch={status?.kill_switch} onDone={() => setOpen(false)} />}
    </>
  );
}
