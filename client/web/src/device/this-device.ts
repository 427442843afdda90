/** This browser, as the server lists it among a person's devices. The id is random and says nothing. */
const key = "nod.device-id";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
let inMemory: string | null = null;

/** The same until the browser's storage is cleared; without storage, until the page is closed. */
export function thisDeviceId(): string {
  try {
    const stored = localStorage.getItem(key);
    if (stored !== null && uuid.test(stored)) return stored;
    const made = (inMemory ??= crypto.randomUUID());
    localStorage.setItem(key, made);
    return made;
  } catch {
    return (inMemory ??= crypto.randomUUID());
  }
}

const browsers: readonly [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const systems: readonly [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/Linux|X11/, "Linux"],
];

/** `Chrome on Android`, from the browser's own description of itself. */
export function deviceLabel(userAgent: string): string {
  const browser = browsers.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "A browser";
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
