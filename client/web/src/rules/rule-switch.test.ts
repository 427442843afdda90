import { expect, test } from "vitest";
import { withRuleSwitched } from "./rule-switch.ts";

test("switching a template's rule off adds just that to the person's own document", () => {
  expect(withRuleSwitched({ guardrails: { max_orders_per_day: 2 } }, "dip_confirm", false)).toEqual({
    guardrails: { max_orders_per_day: 2 },
    rules: [{ id: "dip_confirm", enabled: false }],
  });
});

test("switching a rule that was changed keeps the changes", () => {
  const own = { rules: [{ id: "dip_confirm", threshold_pct: -2 }, { id: "ibm_dip", enabled: false }] };
  expect(withRuleSwitched(own, "ibm_dip", true)).toEqual({ rules: [{ id: "dip_confirm", threshold_pct: -2 }, { id: "ibm_dip", enabled: true }] });
});
