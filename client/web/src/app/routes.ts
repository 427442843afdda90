import { useSyncExternalStore } from "react";

/** Inside the rules: the list with one rule open or none, a new rule, or the whole document as text. */
export type RulesPlace = { kind: "list" } | { kind: "rule"; ruleId: string } | { kind: "new" } | { kind: "document" };

/** Every screen and where it lives; what is open is always in the address. */
export type Route =
  | { screen: "inbox"; questionId?: string }
  | { screen: "activity"; storyId: string | null }
  | { screen: "portfolio" }
  | { screen: "rules"; place: RulesPlace }
  | { screen: "settings" };

/** A rule's id has no plus, so these never hide one. */
const newRule = "+new";
const wholeDocument = "+document";

function rulesPlaceOf(part: string | undefined): RulesPlace {
  if (part === undefined) return { kind: "list" };
  if (part === newRule) return { kind: "new" };
  return part === wholeDocument ? { kind: "document" } : { kind: "rule", ruleId: part };
}

/** @param pathname as in `location`; a part that cannot be decoded is taken as it stands */
export function routeOf(pathname: string): Route {
  const [screen, inner] = pathname.split("/").filter((part) => part !== "").map(decoded);
  if (screen === "activity") return { screen, storyId: inner ?? null };
  if (screen === "rules") return { screen, place: rulesPlaceOf(inner) };
  if (screen === "portfolio" || screen === "settings") return { screen };
  return screen === "questions" && inner !== undefined ? { screen: "inbox", questionId: inner } : { screen: "inbox" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function hrefOf(route: Route): string {
  switch (route.screen) {
    case "inbox":
      return route.questionId === undefined ? "/" : `/questions/${encodeURIComponent(route.questionId)}`;
    case "activity":
      return route.storyId === null ? "/activity" : `/activity/${encodeURIComponent(route.storyId)}`;
    case "rules":
      return rulesHref(route.place);
    default:
      return `/${route.screen}`;
  }
}

function rulesHref(place: RulesPlace): string {
  switch (place.kind) {
    case "list":
      return "/rules";
    case "rule":
      return `/rules/${encodeURIComponent(place.ruleId)}`;
    case "new":
      return `/rules/${newRule}`;
    case "document":
      return `/rules/${wholeDocument}`;
  }
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
