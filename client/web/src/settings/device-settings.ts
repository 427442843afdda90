/**
 * What this device does for itself, whoever is signed in: kept in localStorage, and never anything secret. What concerns
 * trading itself stands in the person's config, on the server.
 */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export type DeviceSettings = {
  /** Approving more dollars than this takes a deliberate hold; null: only when live. */
  holdAboveUsd: string | null;
  theme: Theme;
};

export const defaultDeviceSettings: DeviceSettings = { holdAboveUsd: "100", theme: "system" };

const wholeDollars = /^\d{1,7}$/;

/** Reads what was stored; whatever does not fit is the default. */
export function parseDeviceSettings(stored: string | null): DeviceSettings {
  if (stored === null) return defaultDeviceSettings;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== "object" || value === null) return defaultDeviceSettings;
    const hold = "holdAboveUsd" in value ? value.holdAboveUsd : undefined;
    const theme = "theme" in value ? value.theme : undefined;
    return {
      holdAboveUsd: hold === null || (typeof hold === "string" && wholeDollars.test(hold)) ? hold : defaultDeviceSettings.holdAboveUsd,
      theme: themes.find((each) => each === theme) ?? defaultDeviceSettings.theme,
    };
  } catch {
    return defaultDeviceSettings;
  }
}

export type DeviceSettingsStore = {
  read(): DeviceSettings;
  change(next: Partial<DeviceSettings>): void;
  subscribe(listener: () => void): () => void;
  /** Another tab changed them. */
  reload(): void;
};

/** @param storage a browser may refuse it (private windows, full disks): the settings then last as long as the page */
export function createDeviceSettings(storage: Pick<Storage, "getItem" | "setItem">): DeviceSettingsStore {
  const key = "nod.device";
  const stored = (): string | null => {
    try {
      return storage.getItem(key);
    } catch {
      return null;
    }
  };
  let current = parseDeviceSettings(stored());
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    read: () => current,
    change(next) {
      current = { ...current, ...next };
      try {
        storage.setItem(key, JSON.stringify(current));
      } catch {
        // Kept in memory all the same.
      }
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload() {
      current = parseDeviceSettings(stored());
      tell();
    },
  };
}
