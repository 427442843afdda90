/**
 * The service worker: keeps the page's own files, so that Nod opens without a connection and says so, and shows pushes. It
 * never touches a call to the server: nothing is answered from here, and nothing is kept to be sent later.
 *
 * Built by itself (`build/service-worker.ts`), which puts the list of files and the version in place of the two names below.
 */
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
/** Every file of the page, by its path. */
declare const SHELL_FILES: readonly string[];
/** Changes with any of them. */
declare const SHELL_VERSION: string;

const shellPrefix = "nod-shell-";
const shellName = `${shellPrefix}${SHELL_VERSION}`;
const page = "/index.html";
/** What is never the page's own. */
const serverPaths = /^\/(v1|hubs|healthz|readyz|metrics|openapi\.json)(\/|$)/;
/** What a question's id looks like; whatever else a push might say leads to the inbox. */
const questionId = /^[0-9a-f-]{36}$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(shellName).then((cache) => cache.addAll([...SHELL_FILES])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldShells().then(() => self.clients.claim()));
});

async function forgetOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(shellPrefix) && name !== shellName).map((name) => caches.delete(name)));
}

// The page asks for it when its person has said so; a new version never takes over by itself.
self.addEventListener("message", (event) => {
  if (event.data === "take-over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || serverPaths.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(fromShell(page, request));
  else if (SHELL_FILES.includes(url.pathname)) event.respondWith(fromShell(url.pathname, request));
});

async function fromShell(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(shellName);
  return (await cache.match(path)) ?? fetch(request);
}

/** A push says which question to open, and nothing of what it asks. */
self.addEventListener("push", (event) => {
  const id = questionOf(event.data);
  event.waitUntil(
    self.registration.showNotification("Nod asks", {
      body: "A card is waiting for your decision.",
      tag: id ?? "nod",
      icon: "/icon-192.png",
      badge: "/icon-192.png",
      data: { path: id === null ? "/" : `/questions/${id}` },
    }),
  );
});

function questionOf(data: PushMessageData | null): string | null {
  try {
    const message: unknown = data?.json();
    const inner: unknown = typeof message === "object" && message !== null && "data" in message ? message.data : null;
    const id: unknown = typeof inner === "object" && inner !== null && "question_id" in inner ? inner.question_id : null;
    return typeof id === "string" && questionId.test(id) ? id : null;
  } catch {
    return null;
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data: unknown = event.notification.data;
  const path = typeof data === "object" && data !== null && "path" in data && typeof data.path === "string" ? data.path : "/";
  event.waitUntil(show(path));
});

/** In the window that is open already, or in a new one. */
async function show(path: string): Promise<void> {
  const [open] = await self.clients.matchAll({ type: "window", includeUncontrolled: false });
  if (open === undefined) {
    await self.clients.openWindow(path);
    return;
  }
  await open.focus();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- one's own page
  open.postMessage({ open: path });
}
