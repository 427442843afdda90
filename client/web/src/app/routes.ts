import { useSyncExternalStore } from "react";

/** Every screen and where it lives; what is open is always in the address. */
export type Route = { screen: "inbox" } | { screen: "activity"; storyId: string | null } | { screen: "portfolio" } | { screen: "rules" };

export function routeOf(pathname: string): Route {
  const [screen, storyId] = pathname.split("/").filter((part) => part !== "");
  if (screen === "activity") return { screen, storyId: storyId ?? null };
  if (screen === "portfolio" || screen === "rules") return { screen };
  return { screen: "inbox" };
}

export function hrefOf(route: Route): string {
  if (route.screen === "inbox") return "/";
  if (route.screen !== "activity") return `/${route.screen}`;
  return route.storyId === null ? "/activity" : `/activity/${route.storyId}`;
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function navigate(route: Route): void {
  const href = hrefOf(route);
  if (href !== location.pathname) history.pushState(null, "", href);
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.pathname));
}
