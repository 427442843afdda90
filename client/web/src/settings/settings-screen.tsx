import { useQuery } from "@tanstack/react-query";
import type { TradingStatus } from "@nod/contract/status";
import { wordsForFailure } from "../api/errors.ts";
import type { Session } from "../api/session.ts";
import { ModeTag } from "../app/mode-tag.tsx";
import { Devices } from "../device/devices.tsx";
import { Notifications } from "../device/notifications.tsx";
import { signOut } from "../device/sign-out.ts";
import { usdBrief } from "../money/decimal-text.ts";
import { configQuery, statusQuery } from "../questions/queries.ts";
import { KillSwitchButton } from "../safety/kill-switch-button.tsx";
import { modeWords } from "../safety/kill-switch-words.ts";
import { accountWords } from "../words/market.ts";
import { themes, type Theme } from "./device-settings.ts";
import { QuietHours } from "./quiet-hours.tsx";
import { fieldClass, Row, Section, smallButtonClass } from "./section.tsx";
import { deviceSettings, useDeviceSettings } from "./use-device-settings.ts";

const thresholds = ["10", "25", "50", "100", "250", "500", "1000"];
const themeNames: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

function Safety({ status }: { status: TradingStatus }) {
  const { kill_switch: killSwitch, mode, broker } = status;
  return (
    <Section title="Safety">
      <Row title="Kill switch" detail={killSwitch.enabled ? `On: ${modeWords[killSwitch.mode ?? "block_new"].name.toLowerCase()}.` : "Off. It is at the top of every screen."}>
        <KillSwitchButton />
      </Row>
      <Row
        title={accountWords(mode, broker)}
        detail={
          mode === "live"
            ? "Orders are real. Every approval takes a hold. To go back to paper, set “mode” to “paper” in your config."
            : "No real money moves. Live trading needs the operator's ALPACA_ALLOW_LIVE at a live account, and “mode”: “live” in your own config; neither can be set here by a slip."
        }
      >
        <ModeTag mode={mode} />
      </Row>
    </Section>
  );
}

function Approving() {
  const { holdAboveUsd } = useDeviceSettings();
  return (
    <Section title="Approving, on this device">
      <Row title={<label htmlFor="hold-above">Hold to approve</label>} detail="A larger amount takes a hold instead of a press. With real money every approval does.">
        <select id="hold-above" value={holdAboveUsd ?? "never"} onChange={(event) => deviceSettings.change({ holdAboveUsd: event.target.value === "never" ? null : event.target.value })} className={fieldClass}>
          <option value="0">Always</option>
          {thresholds.map((threshold) => (
            <option key={threshold} value={threshold}>
              Above {usdBrief(threshold)}
            </option>
          ))}
          {holdAboveUsd !== null && holdAboveUsd !== "0" && !thresholds.includes(holdAboveUsd) && <option value={holdAboveUsd}>Above {usdBrief(holdAboveUsd)}</option>}
          <option value="never">Only when live</option>
        </select>
      </Row>
    </Section>
  );
}

function Look() {
  const { theme } = useDeviceSettings();
  return (
    <Section title="Look, on this device">
      <Row title={<label htmlFor="theme">Colours</label>}>
        <select id="theme" value={theme} onChange={(event) => deviceSettings.change({ theme: themes.find((each) => each === event.target.value) ?? "system" })} className={fieldClass}>
          {themes.map((each) => (
            <option key={each} value={each}>
              {themeNames[each]}
            </option>
          ))}
        </select>
      </Row>
    </Section>
  );
}

/** What keeps a person safe, undisturbed and signed in. */
export function SettingsScreen({ session }: { session: Session }) {
  const { data: status, error } = useQuery(statusQuery);
  const { data: config } = useQuery(configQuery);
  return (
    <div className="mx-auto min-h-0 w-full max-w-2xl flex-1 overflow-y-auto pb-10">
      <h1 className="px-5 pt-2 text-lead font-strong tracking-tight">Settings</h1>
      {status === undefined && error !== null && (
        <p role="alert" className="px-5 pt-4 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {status === undefined && error === null && <div className="bone mx-5 mt-6 h-24" aria-busy="true" aria-label="Loading" />}
      {status !== undefined && <Safety status={status} />}
      <Approving />
      {config !== undefined && <QuietHours key={config.revision} config={config} />}
      <Notifications />
      <Devices />
      <Look />
      <Section title="Account">
        <Row title={<span className="block truncate">Signed in as {session.uid}</span>} detail="Signing out forgets the session on this device. Your rules go on asking on the others.">
          <button type="button" onClick={() => void signOut(session)} className={smallButtonClass}>
            Sign out
          </button>
        </Row>
      </Section>
    </div>
  );
}
