/** Each guardrail taken off the lists that are gone through right before the POST, and off those of a kill switch's exits. */
import type { DenialCode } from "@nod/contract/denial";
import type { Removal } from "../removal.ts";

const unit = { file: "server/src/trading/risk/decide.test.ts" } as const;
const exits = { file: "server/src/trading/risk/exit-guardrails.test.ts" } as const;
const clearToSend = "server/src/trading/risk/clear-to-send.ts";
const exitGuardrails = "server/src/trading/risk/exit-guardrails.ts";

const offTheList = (name: string, code: DenialCode, guardrail: string, before: string): Removal => ({
  name,
  of: { guardrail: code, stage: "submit" },
  file: clearToSend,
  find: `  ${guardrail},\n${before}`,
  replace: before,
  tests: [unit],
});

const whileWaiting = (name: string, code: DenialCode, find: string, replace: string): Removal => ({ name, of: { guardrail: code, stage: "submit" }, file: clearToSend, find, replace, tests: [unit] });

/** When a position is to be closed, and once more before its POST. */
const ofAnExit = (name: string, code: DenialCode, guardrail: string, before: string): Removal => ({
  name,
  of: { guardrail: code, stage: "answer", exit: true },
  file: exitGuardrails,
  find: `  ${guardrail},\n${before}`,
  replace: before,
  tests: [exits],
});
const sentAsAnExit = (name: string, code: DenialCode, find: string, replace: string): Removal => ({ name, of: { guardrail: code, stage: "submit", exit: true }, file: exitGuardrails, find, replace, tests: [exits] });

export const beforeThePost: readonly Removal[] = [
  offTheList("A kill switch stops nothing that was approved", "kill_switch_active", "killSwitch", "  tradingEnabled,"),
  offTheList("What was approved is sent although trading was switched off since", "trading_disabled", "tradingEnabled", "  modeAllowed,"),
  offTheList("What was approved is sent in whichever mode", "mode_not_allowed", "modeAllowed", "  approvalValid,"),
  offTheList("What was approved is sent after the approval has ended", "question_expired", "approvalValid", "  sessionKnown,"),
  offTheList("What was approved is sent into a session of which nothing was heard", "market_session_unknown", "sessionKnown", "  marketOpen,"),
  offTheList("What was approved is sent into a closed market", "market_closed", "marketOpen", "  priceKnown,"),
  offTheList("What was approved is sent without a price", "market_data_missing", "priceKnown", "  priceFresh,"),
  offTheList("What was approved is sent on an old price", "market_data_stale", "priceFresh", "  driftWithinBounds,"),
  offTheList("What was approved is sent at whatever price", "price_drift_exceeded", "driftWithinBounds", "  priceCollar,"),
  offTheList("A limit goes out although the price has left it", "price_collar_exceeded", "priceCollar", "];"),
  whileWaiting("An order that waits outlives a kill switch", "kill_switch_active", "= [killSwitch, approvalValid]", "= [approvalValid]"),
  whileWaiting("An order that waits outlives its approval", "question_expired", "= [killSwitch, approvalValid]", "= [killSwitch]"),

  { ...ofAnExit("Positions are closed by a switch that closes none", "exit_no_longer_wanted", "", ""), find: "  noMoreThanHeld,\n];", replace: "  noMoreThanHeld,\n].slice(1);" },
  ofAnExit("Positions are closed by books that were not compared", "broker_not_reconciled", "brokerReconciled", "  operatorAllowsTrading,"),
  ofAnExit("Positions are closed although the operator has switched trading off", "trading_disabled", "operatorAllowsTrading", "  venueFits,"),
  ofAnExit("Positions are closed at a venue of the other kind", "mode_not_allowed", "venueFits", "  approvalValid,"),
  ofAnExit("Positions are closed by an exit whose time is over", "question_expired", "approvalValid", "  sessionKnown,"),
  ofAnExit("Positions are closed in a session of which nothing was heard", "market_session_unknown", "sessionKnown", "  marketOpen,"),
  ofAnExit("Positions are closed in a closed market", "market_closed", "marketOpen", "  nothingOpen,"),
  ofAnExit("A position is closed while an order of it is open", "duplicate_open_order", "nothingOpen", "  noMoreThanHeld,"),
  ofAnExit("More is sold than is held", "insufficient_position", "noMoreThanHeld", "];"),

  sentAsAnExit("An exit is sent after its switch was lifted", "exit_no_longer_wanted", "sessionKnown, marketOpen];", "sessionKnown, marketOpen].slice(1);"),
  sentAsAnExit("An exit is sent although the operator has switched trading off", "trading_disabled", ", operatorAllowsTrading, venueFits", ", venueFits"),
  sentAsAnExit("An exit is sent to a venue of the other kind", "mode_not_allowed", ", venueFits, approvalValid", ", approvalValid"),
  sentAsAnExit("An exit is sent after its time", "question_expired", "approvalValid, sessionKnown, marketOpen", "sessionKnown, marketOpen"),
  sentAsAnExit("An exit is sent into a session of which nothing was heard", "market_session_unknown", "sessionKnown, marketOpen]", "marketOpen]"),
  sentAsAnExit("An exit is sent into a closed market", "market_closed", ", marketOpen]", "]"),
];
