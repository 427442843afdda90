import { describe, expect, it } from "vitest";
import { createDeviceSettings, defaultDeviceSettings, parseDeviceSettings } from "./device-settings.ts";

function memory(initial: string | null = null) {
  let kept = initial;
  return { getItem: () => kept, setItem: (_key: string, value: string) => void (kept = value), kept: () => kept };
}

describe("what a device keeps for itself", () => {
  it("begins with holding above 100 dollars and the system's colours", () => {
    expect(createDeviceSettings(memory()).read()).toEqual({ holdAboveUsd: "100", theme: "system" });
  });

  it("keeps what was chosen, and tells those who look", () => {
    const storage = memory();
    const settings = createDeviceSettings(storage);
    let told = 0;
    const leave = settings.subscribe(() => (told += 1));
    settings.change({ holdAboveUsd: null });
    settings.change({ theme: "dark" });
    leave();
    settings.change({ theme: "light" });
    expect(told).toBe(2);
    expect(createDeviceSettings(storage).read()).toEqual({ holdAboveUsd: null, theme: "light" });
  });

  it("takes the default for what does not fit, and never less caution than that", () => {
    for (const stored of ["", "null", "7", '{"holdAboveUsd":"-1"}', '{"holdAboveUsd":5,"theme":"pink"}', "{"]) expect(parseDeviceSettings(stored)).toEqual(defaultDeviceSettings);
  });

  it("works without storage, as long as the page lasts", () => {
    const refusing = {
      getItem: (): string | null => {
        throw new Error("denied");
      },
      setItem: (): void => {
        throw new Error("denied");
      },
    };
    const settings = createDeviceSettings(refusing);
    settings.change({ theme: "dark" });
    expect(settings.read().theme).toBe("dark");
  });
});
