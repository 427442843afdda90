/** Law 7: at the start and at every order. */
import type { Proof, Removal } from "../removal.ts";

const config: [Proof] = [{ file: "server/src/config.test.ts", named: "real money" }];
const decide: [Proof] = [{ file: "server/src/trading/risk/decide.test.ts" }];
const exits: [Proof] = [{ file: "server/src/trading/risk/exit-guardrails.test.ts" }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 7 }, file, find, replace, tests });

const permission = "server/src/trading/risk/permission-guardrails.ts";

export const paperAndLive: readonly Removal[] = [
  law("A start with a live host needs nobody's word", "server/src/config.ts", 'if (environment === "live" && !allowLive)', 'if (environment === "live" && keyId === "")', config),
  law("A host that nobody knows counts as paper", "server/src/alpaca/settings.ts", '? "paper" : "live"', '? "paper" : "paper"', config),
  law("Live is allowed where nobody says anything", "server/src/config.ts", 'read.boolean("ALPACA_ALLOW_LIVE", false)', 'read.boolean("ALPACA_ALLOW_LIVE", true)', config),
  law("An order goes to whichever host there is", permission, "const fits = intent.mode === environment && userMode === intent.mode;", "const fits = userMode === intent.mode;", decide),
  law("An order goes out in a mode that the user has left", permission, "const fits = intent.mode === environment && userMode === intent.mode;", "const fits = intent.mode === environment;", decide),
  law("A live order needs no word of the operator's", permission, 'if (fits && (intent.mode === "paper" || liveAllowed)) return null;', "if (fits) return null;", decide),
  law("A live exit needs no word of the operator's", permission, '(environment === "paper" || liveAllowed)', 'environment !== undefined', exits),
  law("An exit goes to whichever host there is", permission, 'if (intent.mode === environment && (environment', 'if ((environment', exits),
];
