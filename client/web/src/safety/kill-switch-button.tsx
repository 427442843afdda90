import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KillSwitch } from "@nod/contract/status";
import { AlertDialog } from "radix-ui";
import { useState } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { PowerIcon } from "../app/icons.tsx";
import { useServerNow } from "../live/use-server-now.ts";
import { statusQuery } from "../questions/queries.ts";
import { clockTime } from "../words/time.ts";

type Preview = { title: string; lines: readonly string[]; confirm: string };

const stopPreview: Preview = {
  title: "Stop all new orders?",
  lines: [
    "From now on no new order is sent, whatever is approved and whichever rule fires.",
    "Orders that are at the broker already stay there. Positions stay as they are.",
    "It holds on all your devices within a second, until you switch it off here.",
  ],
  confirm: "Stop new orders",
};

const resumePreview: Preview = {
  title: "Let orders through again?",
  lines: ["Approved cards send orders again, within your limits.", "Nothing that was stopped meanwhile is sent after the fact."],
  confirm: "Let orders through",
};

const operatorPreview: Preview = {
  title: "Stopped by the operator",
  lines: ["The operator has stopped all new orders for everybody. Only the operator can switch that off.", "Cards still come, and you can skip them."],
  confirm: "",
};

function previewFor(killSwitch: KillSwitch | undefined): Preview {
  if (killSwitch?.enabled !== true) return stopPreview;
  return killSwitch.scope === "all" ? operatorPreview : resumePreview;
}

/** In the header of every screen: one press shows what would happen, a second one does it. */
export function KillSwitchButton() {
  const client = useQueryClient();
  const { data: status } = useQuery(statusQuery);
  const [open, setOpen] = useState(false);
  const now = useServerNow(30_000);
  const active = status?.kill_switch.enabled === true;
  const preview = previewFor(status?.kill_switch);
  const change = useMutation({
    mutationFn: () => http.setKillSwitch(active ? { enabled: false } : { enabled: true, mode: "block_new" }),
    onSuccess: (killSwitch) => {
      client.setQueryData(statusQuery.queryKey, (known) => (known === undefined ? known : { ...known, kill_switch: killSwitch }));
      void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      setOpen(false);
    },
  });
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        change.reset();
        setOpen(next);
      }}
    >
      <AlertDialog.Trigger
        aria-label={active ? "Kill switch: on" : "Kill switch"}
        className={`grid size-11 place-items-center rounded-pill transition-colors ${active ? "bg-red text-on-red" : "border border-line text-soft hover:bg-wash hover:text-ink"}`}
      >
        <PowerIcon />
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="scrim fixed inset-0 z-30 bg-scrim" />
        <AlertDialog.Content className="sheet fixed inset-x-4 bottom-[max(1rem,env(safe-area-inset-bottom))] z-40 mx-auto max-w-md rounded-surface bg-card p-6 shadow-surface sm:inset-y-0 sm:my-auto sm:h-fit">
          <AlertDialog.Title className="text-lead font-strong tracking-tight">{preview.title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-3 flex flex-col gap-2 text-soft">
              {preview.lines.map((line) => (
                <p key={line}>{line}</p>
              ))}
              {active && status.kill_switch.since !== null && <p className="text-small text-faint">On since {clockTime(Date.parse(status.kill_switch.since), now)}.</p>}
            </div>
          </AlertDialog.Description>
          <p role="alert" className="mt-2 text-small text-red empty:hidden">
            {change.error !== null && wordsForFailure(change.error)}
          </p>
          <div className="mt-6 flex gap-3">
            <AlertDialog.Cancel className="h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">{preview.confirm === "" ? "Close" : "Leave it"}</AlertDialog.Cancel>
            {preview.confirm !== "" && (
              <button
                type="button"
                disabled={change.isPending}
                onClick={() => change.mutate()}
                className={`h-14 flex-[1.4] rounded-surface px-4 font-strong transition-colors disabled:opacity-60 ${active ? "bg-accent text-on-accent hover:bg-accent-strong" : "bg-red text-on-red"}`}
              >
                {preview.confirm}
              </button>
            )}
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
