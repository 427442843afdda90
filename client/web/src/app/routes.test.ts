import { describe, expect, it } from "vitest";
import { hrefOf, routeOf, type Route } from "./routes.ts";

describe("addresses", () => {
  const routes: Route[] = [
    { screen: "inbox" },
    { screen: "inbox", questionId: "0b7e" },
    { screen: "activity", storyId: null },
    { screen: "activity", storyId: "a1b2" },
    { screen: "portfolio" },
    { screen: "rules", place: { kind: "list" } },
    { screen: "rules", place: { kind: "rule", ruleId: "spy_dip" } },
    { screen: "rules", place: { kind: "new" } },
    { screen: "rules", place: { kind: "document" } },
    { screen: "settings" },
  ];

  it.each(routes)("lead back to the screen they were made from: %o", (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  it("lead to the inbox when nobody knows them", () => {
    expect(routeOf("/nowhere/at/all")).toEqual({ screen: "inbox" });
    expect(routeOf("/%E0%A4%A")).toEqual({ screen: "inbox" });
  });
});
