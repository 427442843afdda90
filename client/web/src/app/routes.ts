import type { ActivityFilter } from "@nod/contract/activity";
import type { PerformanceRange } from "@nod/contract/performance";
import { useSyncExternalStore } from "react";

/** Inside the rules: the list with one rule open or none, a new rule, or the whole document as text. */
export type RulesPlace = { kind: "list" } | { kind: "rule"; ruleId: string } | { kind: "new" } | { kind: "document" };

/** Every screen and where it lives; what is open is always in the address. */
export type Route =
  | { screen: "inbox"; questionId?: string }
  | { screen: "activity"; storyId: string | null; show: ActivityFilter }
  | { screen: "portfolio"; range: PerformanceRange }
  | { screen: "rules"; place: RulesPlace }
  | { screen: "settings" };

const filters: Record<ActivityFilter, true> = { all: true, asked: true, approved: true, skipped: true, expired: true, trouble: true };
const ranges: Record<PerformanceRange, true> = { "1d": true, "1m": true, "3m": true };
const isFilter = (text: string | null): text is ActivityFilter => text !== null && Object.hasOwn(filters, text);
const isRange = (text: string | null): text is PerformanceRange => text !== null && Object.hasOwn(ranges, text);

/** A rule's id has no plus, so these never hide one. */
const newRule = "+new";
const wholeDocument = "+document";

function rulesPlaceOf(part: string | undefined): RulesPlace {
  if (part === undefined) return { kind: "list" };
  if (part === newRule) return { kind: "new" };
  return part === wholeDocument ? { kind: "document" } : { kind: "rule", ruleId: part };
}

/** @param address path and query; a part that cannot be decoded is taken as it stands, a query that nobody knows is left out */
export function routeOf(address: string): Route {
  const [pathname = "", search = ""] = address.split("?");
  const [screen, inner] = pathname.split("/").filter((part) => part !== "").map(decoded);
  const query = new URLSearchParams(search);
  const [show, range] = [query.get("show"), query.get("range")];
  if (screen === "activity") return { screen, storyId: inner ?? null, show: isFilter(show) ? show : "all" };
  if (screen === "rules") return { screen, place: rulesPlaceOf(inner) };
  if (screen === "portfolio") return { screen, range: isRange(range) ? range : "1d" };
  if (screen === "settings") return { screen };
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
      return `/activity${route.storyId === null ? "" : `/${encodeURIComponent(route.storyId)}`}${route.show === "all" ? "" : `?show=${route.show}`}`;
    case "portfolio":
      return route.range === "1d" ? "/portfolio" : `/portfolio?range=${route.range}`;
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

const address = (): string => location.pathname + location.search;

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
  if (href !== address()) history.pushState(null, "", href);
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, address));
}
