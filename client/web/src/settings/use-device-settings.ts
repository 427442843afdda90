import { useSyncExternalStore } from "react";
import { createDeviceSettings, type DeviceSettings, type DeviceSettingsStore } from "./device-settings.ts";

export const deviceSettings: DeviceSettingsStore = createDeviceSettings(localStorage);

export function useDeviceSettings(): DeviceSettings {
  return useSyncExternalStore(deviceSettings.subscribe, deviceSettings.read);
}

/** Keeps the page in the chosen colours, and in step with this device's other tabs. Called once, before the first paint. */
export function applyDeviceSettings(root: HTMLElement): void {
  const apply = (): void => {
    root.dataset["theme"] = deviceSettings.read().theme;
  };
  apply();
  deviceSettings.subscribe(apply);
  window.addEventListener("storage", () => deviceSettings.reload());
}
