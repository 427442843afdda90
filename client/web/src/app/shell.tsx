import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, memo, Suspense, useDeferredValue, type ReactNode } from "react";
import type { Session } from "../api/session.ts";
import { InboxScreen } from "../inbox/inbox-screen.tsx";
import { modeOf, type ConnectionMode } from "../live/connection.ts";
import { useConnection } from "../live/use-connection.ts";
import { deckQuery, statusQuery } from "../questions/queries.ts";
import { KillSwitchButton } from "../safety/kill-switch-button.tsx";
import { ActivityIcon, InboxIcon, PortfolioIcon, RulesIcon, SettingsIcon } from "./icons.tsx";
import { LoadFailure } from "./load-failure.tsx";
import { KeysHelp } from "./keys-help.tsx";
import { Link } from "./link.tsx";
import { ModeTag } from "./mode-tag.tsx";
import { hrefOf, routeOf, useRoute, type Route } from "./routes.ts";
import { TruthBanner } from "./truth-banner.tsx";

// What is not needed to answer a card comes when it is opened.
const ActivityScreen = lazy(() => import("../activity/activity-screen.tsx").then((module) => ({ default: module.ActivityScreen })));
const PortfolioScreen = lazy(() => import("../portfolio/portfolio-screen.tsx").then((module) => ({ default: module.PortfolioScreen })));
const RulesScreen = lazy(() => import("../rules/rules-screen.tsx").then((module) => ({ default: module.RulesScreen })));
const SettingsScreen = lazy(() => import("../settings/settings-screen.tsx").then((module) => ({ default: module.SettingsScreen })));

const dotWords: Record<ConnectionMode, { label: string; className: string }> = {
  live: { label: "Live", className: "bg-accent" },
  connecting: { label: "Connecting", className: "bg-wash-strong" },
  polling: { label: "Live updates interrupted", className: "bg-amber" },
  offline: { label: "Offline", className: "border-2 border-faint" },
};

function ModeBadge() {
  const { data } = useQuery(statusQuery);
  if (data === undefined) return <span className="bone h-7 w-16" aria-hidden="true" />;
  return <ModeTag mode={data.mode} />;
}

function Tab({ to, active, label, badge, children }: { to: Route; active: boolean; label: string; badge: number; children: ReactNode }) {
  return (
    <Link
      to={to}
      aria-current={active ? "page" : undefined}
      className={`relative flex min-h-14 flex-1 flex-col items-center justify-center gap-1 text-small transition-colors lg:min-h-11 lg:flex-none lg:flex-row lg:gap-2 lg:rounded-pill lg:px-4 ${active ? "font-strong text-ink lg:bg-wash" : "text-faint hover:text-ink"}`}
    >
      {children}
      {label}
      {badge > 0 && (
        <span className="absolute top-1 left-1/2 ml-2 min-w-5 rounded-pill bg-ink px-1.5 text-center text-small leading-5 font-strong text-paper lg:static lg:ml-0">
          {badge}
          <span className="sr-only"> open</span>
        </span>
      )}
    </Link>
  );
}

function Tabs({ route, className }: { route: Route; className: string }) {
  const { data: deck } = useQuery(deckQuery(useQueryClient()));
  const open = deck?.cards.filter(({ phase }) => phase.kind === "open").length ?? 0;
  return (
    <nav aria-label="Screens" className={className}>
      <Tab to={{ screen: "inbox" }} active={route.screen === "inbox"} label="Inbox" badge={route.screen === "inbox" ? 0 : open}>
        <InboxIcon />
      </Tab>
      <Tab to={{ screen: "activity", storyId: null, show: "all" }} active={route.screen === "activity"} label="Activity" badge={0}>
        <ActivityIcon />
      </Tab>
      <Tab to={{ screen: "portfolio", range: "1d" }} active={route.screen === "portfolio"} label="Portfolio" badge={0}>
        <PortfolioIcon />
      </Tab>
      <Tab to={{ screen: "rules", place: { kind: "list" } }} active={route.screen === "rules"} label="Rules" badge={0}>
        <RulesIcon />
      </Tab>
      <Tab to={{ screen: "settings" }} active={route.screen === "settings"} label="Settings" badge={0}>
        <SettingsIcon />
      </Tab>
    </nav>
  );
}

function Screen({ route, session }: { route: Route; session: Session }) {
  switch (route.screen) {
    case "inbox":
      return <InboxScreen questionId={route.questionId ?? null} />;
    case "activity":
      return <ActivityScreen storyId={route.storyId} show={route.show} />;
    case "portfolio":
      return <PortfolioScreen range={route.range} />;
    case "rules":
      return <RulesScreen place={route.place} />;
    case "settings":
      return <SettingsScreen session={session} />;
  }
}

function ScreenBones() {
  return (
    <div className="mx-auto flex w-full max-w-2xl flex-col gap-4 px-5 pt-2" aria-busy="true" aria-label="Loading">
      <span className="bone h-6 w-32" />
      <span className="bone h-24 w-full" />
      <span className="bone h-24 w-full" />
    </div>
  );
}

/** What is open, by its address. */
const Content = memo(function Content({ href, session }: { href: string; session: Session }) {
  const route = routeOf(href);
  return (
    <LoadFailure key={route.screen}>
      <Suspense fallback={<ScreenBones />}>
        <Screen route={route} session={session} />
      </Suspense>
    </LoadFailure>
  );
});

/** What stands around every screen: who it is, paper or live, the kill switch, the truth about the connection. */
export function Shell({ session }: { session: Session }) {
  const route = useRoute();
  // A press on a tab shows at once; the screen behind it is made in pieces and never holds up the next paint.
  const href = useDeferredValue(hrefOf(route));
  const mode = modeOf(useConnection());
  return (
    <div className="flex h-dvh flex-col">
      <header className="mx-auto flex w-full max-w-6xl shrink-0 items-center gap-2.5 px-5 pt-[max(0.75rem,env(safe-area-inset-top))] pb-3">
        <span className={`size-2 rounded-pill ${dotWords[mode].className}`} title={dotWords[mode].label}>
          <span className="sr-only">{dotWords[mode].label}</span>
        </span>
        <span className="mr-auto text-lead font-strong tracking-tight">Nod</span>
        <Tabs route={route} className="mr-auto hidden gap-1 lg:flex" />
        <ModeBadge />
        <KillSwitchButton />
      </header>
      <TruthBanner />
      <main className="mx-auto flex min-h-0 w-full max-w-6xl flex-1 flex-col">
        <Content href={href} session={session} />
      </main>
      <KeysHelp />
      <Tabs route={route} className="flex shrink-0 border-t border-line pb-[env(safe-area-inset-bottom)] lg:hidden" />
    </div>
  );
}
