import { describe, expect, it } from "vitest";
import { hrefOf, routeOf, type Route } from "./routes.ts";

describe("addresses", () => {
  const routes: Route[] = [
    { screen: "inbox" },
    { screen: "inbox", questionId: "0b7e" },
    { screen: "activity", storyId: null, show: "all" },
    { screen: "activity", storyId: null, show: "skipped" },
    { screen: "activity", storyId: "a1b2", show: "all" },
    { screen: "activity", storyId: "a1b2", show: "trouble" },
    { screen: "portfolio", range: "1d" },
    { screen: "portfolio", range: "3m" },
    { screen: "rules", place: { kind: "list" } },
    { screen: "rules", place: { kind: "rule", ruleId: "spy_dip" } },
    { screen: "rules", place: { kind: "new" } },
    { screen: "rules", place: { kind: "document" } },
    { screen: "settings" },
  ];

  it.each(routes)("lead back to the screen they were made from: %o", (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  it("lead to everything when they ask for what there is not", () => {
    expect(routeOf("/activity?show=fortune")).toEqual({ screen: "activity", storyId: null, show: "all" });
    expect(routeOf("/portfolio?range=1h&x=1")).toEqual({ screen: "portfolio", range: "1d" });
  });

  it("lead to the inbox when nobody knows them", () => {
    expect(routeOf("/nowhere/at/all")).toEqual({ screen: "inbox" });
    expect(routeOf("/%E0%A4%A")).toEqual({ screen: "inbox" });
  });
});
