import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KillSwitch, KillSwitchMode, KillSwitchRequest } from "@nod/contract/status";
import { useState } from "react";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { Modal, safeChoice } from "../app/modal.tsx";
import { useServerNow } from "../live/use-server-now.ts";
import { statusQuery } from "../questions/queries.ts";
import { clockTime } from "../words/time.ts";
import { flattenLabel, killSwitchModes, modeWords, previewDetails, previewLines } from "./kill-switch-words.ts";

/** The preview of `flatten` carries a token that is good for a minute; a new one is fetched well before. */
const previewKeptMs = 40_000;

const quiet = "h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong";
const loud = "h-14 flex-[1.9] rounded-surface bg-red px-3 font-strong text-on-red disabled:opacity-60";

function wordsForFailedSwitch(error: unknown): string {
  if (error instanceof RefusedError && error.errors.some(({ pointer }) => pointer === "/confirmation")) return "The preview was too old. Nothing was switched. Look at the new one and confirm again.";
  return wordsForFailure(error);
}

function ModeChoice({ mode, chosen, onChoose }: { mode: KillSwitchMode; chosen: boolean; onChoose: () => void }) {
  return (
    <label className={`flex min-h-11 gap-3 rounded-inner border px-4 py-3 transition-colors ${chosen ? "border-ink" : "border-line hover:bg-wash/50"}`}>
      <input type="radio" name="kill-switch-mode" value={mode} checked={chosen} onChange={onChoose} className="mt-1 size-4 shrink-0 accent-ink" />
      <span>
        <span className="block font-strong">{modeWords[mode].name}</span>
        <span className="block text-small text-soft text-pretty">{modeWords[mode].does}</span>
      </span>
    </label>
  );
}

/** What the chosen mode would do now, looked up each time. */
function usePreview(mode: KillSwitchMode) {
  return useQuery({ queryKey: ["kill-switch-preview", mode], queryFn: () => http.killSwitchPreview(mode), staleTime: 0, gcTime: 0, refetchInterval: previewKeptMs });
}

function Preview({ mode, withDetails }: { mode: KillSwitchMode; withDetails: boolean }) {
  const { data, error } = usePreview(mode);
  return (
    <div className="mt-4 min-h-11 border-t border-line pt-3 text-small text-soft" aria-live="polite" data-preview={data === undefined ? "loading" : mode}>
      {data === undefined && error === null && <span className="bone block h-4.5 w-48" aria-label="Loading" />}
      {data === undefined && error !== null && <p>What it would do cannot be told now: {wordsForFailure(error)}</p>}
      {data !== undefined && previewLines(data).map((line) => <p key={line}>{line}</p>)}
      {data !== undefined && withDetails && (
        <ul className="mt-2 max-h-40 overflow-y-auto text-ink empty:hidden" tabIndex={0} aria-label="Every order and position">
          {previewDetails(data).map(({ id, text }) => (
            <li key={id} className="border-t border-line py-2">
              {text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function useSwitch(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: KillSwitchRequest) => http.setKillSwitch(request),
    onSuccess: (killSwitch) => {
      client.setQueryData(statusQuery.queryKey, (known) => (known === undefined ? known : { ...known, kill_switch: killSwitch }));
      void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      onDone();
    },
    onError: () => void client.invalidateQueries({ queryKey: ["kill-switch-preview"] }),
  });
}

/** The second confirmation of `flatten`: by name, what is about to be sold. */
function FlattenStep({ onBack, onClose, change }: { onBack: () => void; onClose: () => void; change: ReturnType<typeof useSwitch> }) {
  const { data } = usePreview("flatten");
  const token = data?.confirmation?.token;
  return (
    <Modal role="alertdialog" at="bottom" title="Sell everything?" description="This sells at the market price and cannot be taken back. Nothing new is bought until you switch it off." onClose={onClose}>
      <Preview mode="flatten" withDetails />
      <Failure change={change} />
      <div className="mt-6 flex gap-3">
        <button type="button" {...safeChoice} onClick={onBack} className={quiet}>
          Back
        </button>
        <button type="button" disabled={token === undefined || change.isPending} onClick={() => token !== undefined && change.mutate({ enabled: true, mode: "flatten", confirmation: token })} className={loud}>
          {data === undefined ? "Sell now" : flattenLabel(data)}
        </button>
      </div>
    </Modal>
  );
}

function Failure({ change }: { change: ReturnType<typeof useSwitch> }) {
  return (
    <p role="alert" className="mt-2 text-small text-red empty:hidden">
      {change.error !== null && wordsForFailedSwitch(change.error)}
    </p>
  );
}

function sheetWords(on: boolean, operators: boolean): { title: string; description: string } {
  if (operators) return { title: "Stopped by the operator", description: "The operator has stopped all new orders for everybody, and only the operator can switch that off. You can still stop harder for yourself." };
  if (on) return { title: "Trading is stopped", description: "Let orders through again, or stop harder. Nothing that was stopped meanwhile is sent after the fact." };
  return { title: "Stop trading?", description: "It holds on all your devices within a second, until you switch it off here. What you hold can always be sold." };
}

/** Everything that the switch can do, what it would do now, and what holds already. */
export function KillSwitchSheet({ killSwitch, onDone }: { killSwitch: KillSwitch | undefined; onDone: () => void }) {
  const now = useServerNow(30_000);
  const on = killSwitch?.enabled === true;
  const current = on ? killSwitch.mode : null;
  const [mode, setMode] = useState<KillSwitchMode>(current ?? "block_new");
  const [confirming, setConfirming] = useState(false);
  const change = useSwitch(onDone);
  if (confirming) return <FlattenStep change={change} onBack={() => setConfirming(false)} onClose={onDone} />;
  const operators = on && killSwitch.scope === "all";
  const wanted = mode !== current;
  return (
    <Modal role="alertdialog" at="bottom" {...sheetWords(on, operators)} onClose={onDone}>
      {on && killSwitch.since !== null && <p className="mt-1 text-small text-faint">On since {clockTime(Date.parse(killSwitch.since), now)}.</p>}
      <fieldset className="mt-4 flex flex-col gap-2">
        <legend className="sr-only">How hard to stop</legend>
        {killSwitchModes.map((each) => (
          <ModeChoice key={each} mode={each} chosen={each === mode} onChoose={() => setMode(each)} />
        ))}
      </fieldset>
      <Preview mode={mode} withDetails={false} />
      <Failure change={change} />
      <div className="mt-6 flex gap-3">
        <button type="button" {...safeChoice} onClick={onDone} className={quiet}>
          Leave it
        </button>
        {wanted && (
          <button type="button" disabled={change.isPending} onClick={() => (mode === "flatten" ? setConfirming(true) : change.mutate({ enabled: true, mode }))} className={loud}>
            {modeWords[mode].confirm}
          </button>
        )}
        {!wanted && !operators && (
          <button type="button" disabled={change.isPending} onClick={() => change.mutate({ enabled: false })} className="h-14 flex-[1.4] rounded-surface bg-accent px-4 font-strong text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-60">
            Let orders through
          </button>
        )}
      </div>
    </Modal>
  );
}
