import { useState, type FormEvent } from "react";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import { useSaveConfig, wordsForUnsaved } from "../config/use-save-config.ts";
import { fieldClass, Row, Section, smallButtonClass, Switch } from "./section.tsx";

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** When nobody wants to be asked: rules that fire then do not ask. It stands in the person's config, so it holds on every device. */
export function QuietHours({ config }: { config: ConfigResponse }) {
  const inForce = config.effective.restraint?.quiet_hours;
  const [from, setFrom] = useState(inForce?.from ?? "22:00");
  const [to, setTo] = useState(inForce?.to ?? "07:00");
  const save = useSaveConfig(config);
  const zone = inForce?.time_zone ?? ownZone();
  const changed = inForce !== undefined && (from !== inForce.from || to !== inForce.to);
  const set = (): void => save.mutate({ ...config.own, restraint: { ...config.own.restraint, quiet_hours: { from, to, time_zone: zone } } });
  const clear = (): void => {
    const { quiet_hours: _cleared, ...rest } = config.own.restraint ?? {};
    const { restraint: _restraint, ...own } = config.own;
    save.mutate(Object.keys(rest).length === 0 ? own : { ...own, restraint: rest });
  };
  // What the template sets, an own document cannot leave out.
  const fromTemplate = inForce !== undefined && config.own.restraint?.quiet_hours === undefined;
  function submit(event: FormEvent): void {
    event.preventDefault();
    set();
  }
  return (
    <Section title="When you are asked">
      <Row
        title={<span id="quiet-hours">Quiet hours</span>}
        detail={inForce === undefined ? "You are asked at any hour at which your rules fire." : `Nothing is asked from ${inForce.from} to ${inForce.to}, ${inForce.time_zone}. What fires then is not asked later.`}
      >
        <Switch on={inForce !== undefined} disabled={save.isPending || fromTemplate} labelledBy="quiet-hours" onChange={(on) => (on ? set() : clear())} />
      </Row>
      <form onSubmit={submit} className="flex flex-wrap items-center gap-3 px-5 pb-4 text-small text-soft">
        <label className="flex items-center gap-2">
          From
          <input type="time" required value={from} onChange={(event) => setFrom(event.target.value)} className={fieldClass} />
        </label>
        <label className="flex items-center gap-2">
          to
          <input type="time" required value={to} onChange={(event) => setTo(event.target.value)} className={fieldClass} />
        </label>
        {changed && (
          <button type="submit" disabled={save.isPending} className={smallButtonClass}>
            Save
          </button>
        )}
        <span className="text-faint">{zone}</span>
      </form>
      <p role="alert" className="px-5 pb-4 text-small text-amber empty:hidden">
        {save.error !== null && wordsForUnsaved(save.error)}
      </p>
    </Section>
  );
}
