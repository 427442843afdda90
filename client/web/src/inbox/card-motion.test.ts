import { expect, test } from "vitest";
import { transformAt } from "./card-motion.ts";

test("the card tilts with the way that it has come, to either side, and no further than six degrees", () => {
  expect(transformAt(160)).toBe("translateX(160px) rotate(3deg)");
  expect(transformAt(-900)).toBe("translateX(-900px) rotate(-6deg)");
  expect(transformAt(0)).toBe("none");
});
