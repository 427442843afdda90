/**
 * A new version of the page. The worker that has it waits until its person says so: nothing reloads under a finger.
 */
const listeners = new Set<() => void>();
let waiting: ServiceWorker | null = null;

function isWaiting(worker: ServiceWorker | null): void {
  waiting = worker;
  for (const listener of listeners) listener();
}

/** Looks for a new version this often while the page stays open. */
const lookAgainMs = 3_600_000;

/** @param openPath what a tap on a notification wants to see */
export async function startServiceWorker(openPath: (path: string) => void): Promise<void> {
  // A browser may have none, or be told to have none.
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  if (container === undefined || !import.meta.env.PROD) return;
  container.addEventListener("message", (event: MessageEvent<unknown>) => {
    const { data } = event;
    if (typeof data === "object" && data !== null && "open" in data && typeof data.open === "string") openPath(data.open);
  });
  const registration: ServiceWorkerRegistration | null | undefined = await container.register("/sw.js").catch(() => null);
  // Nod works without it. What keeps workers out of a browser may also leave nothing where a registration should be.
  if (registration === null || registration === undefined) return;
  // Without a controller the page is the first of its kind: there is no older version to leave.
  const look = (): void => isWaiting(container.controller === null ? null : registration.waiting);
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  look();
  setInterval(() => void registration.update().catch(() => undefined), lookAgainMs);
}

export const update = {
  isReady: (): boolean => waiting !== null,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Lets the new version take over, and loads it. */
  take(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    waiting?.postMessage("take-over");
  },
};
