import { describe, expect, it } from "vitest";
import { hrefOf, routeOf, type Route } from "./routes.ts";

describe("addresses", () => {
  const routes: Route[] = [{ screen: "inbox" }, { screen: "activity", storyId: null }, { screen: "activity", storyId: "a1b2" }, { screen: "portfolio" }, { screen: "rules" }];

  it.each(routes)("lead back to the screen they were made from: %o", (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  it("lead to the inbox when nobody knows them", () => {
    expect(routeOf("/nowhere/at/all")).toEqual({ screen: "inbox" });
  });
});
