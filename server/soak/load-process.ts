/** Some hundred phones in one process: connected, told, answering; their figures every second, their memories at the end. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../src/core/clock.ts";
import { createLocalIdentity } from "../src/http/auth/local-identity.ts";
import { readOrCreateLocalSecret } from "../src/http/auth/local-secret.ts";
import { createAnswering, type Answering } from "./load/answering.ts";
import { openFixedLine } from "./load/fixed-line.ts";
import { openLightLine } from "./load/light-line.ts";
import type { LoadCommand, LoadFigures, LoadOrder, LoadReport } from "./load/messages.ts";
import { createPhone, type Phone } from "./load/phone.ts";
import { clientUid } from "./scenario.ts";

const opensPerStep = 5;
const openEveryMs = 40;
const figuresEveryMs = 1_000;
/** Each phone acknowledges twice a minute. */
const acknowledgeEveryMs = 250;
const acknowledgeRoundMs = 30_000;
const addressesPerBlock = 250;

const phones: Phone[] = [];
const reconnectMs: number[] = [];
let answering: Answering | null = null;
let order: LoadOrder | null = null;

/** 127.1.0.1 and on: the whole of 127.0.0.0/8 is this machine. Elsewhere than on Linux only 127.0.0.1 is. */
const localAddressOf = (n: number): string => (process.platform === "linux" ? `127.1.${Math.floor(n / addressesPerBlock) % addressesPerBlock}.${(n % addressesPerBlock) + 1}` : "127.0.0.1");

async function begin(given: LoadOrder): Promise<void> {
  order = given;
  const { addresses, first, count, fixedClients, dataFolder } = given;
  const identity = createLocalIdentity({ secret: await readOrCreateLocalSecret(join(dataFolder, "local-auth.key")), host: "127.0.0.1", nodeEnv: undefined, clock: systemClock });
  const paced = createAnswering(given);
  answering = paced;
  for (let n = first; n < first + count; n += 1) {
    const uid = clientUid(n);
    phones.push(
      createPhone({
        uid,
        token: await identity.issueToken(uid),
        addresses: n % 2 === 0 ? addresses : addresses.toReversed(),
        localAddress: localAddressOf(n),
        open: n < first + fixedClients ? openFixedLine : openLightLine,
        onQuestion: (phone, questionId) => paced.asked(phone, questionId),
        onReconnected: (tookMs) => reconnectMs.push(tookMs),
      }),
    );
    if (n % opensPerStep === 0) await sleep(openEveryMs);
  }
}

const none: ReturnType<Answering["figures"]> = { replies: 0, refused: {}, unanswered: 0, waiting: 0, answerMs: [] };
const figures = (): LoadFigures => ({ connected: phones.filter((phone) => phone.isConnected()).length, reconnectMs: reconnectMs.splice(0), ...(answering?.figures() ?? none) });
const report = (what: LoadReport): void => void process.send?.(what);

async function end(): Promise<void> {
  await Promise.all(phones.map((phone) => phone.stop()));
  await answering?.close();
  if (order !== null) await writeFile(order.memoriesFile, phones.map((phone) => `${JSON.stringify(phone.memory())}\n`).join(""));
  report({ say: "figures", figures: figures() });
  report({ say: "ended" });
}

async function obey(command: LoadCommand): Promise<void> {
  switch (command.say) {
    case "begin":
      return begin(command.order);
    case "answer_no_more":
      return answering?.stop();
    case "where":
      return report({ say: "where", seqs: Object.fromEntries(phones.map((phone) => [phone.uid, phone.lastSeq()])) });
    case "end":
      return end();
  }
}

process.once("disconnect", () => process.exit(0));
process.on("message", (command: LoadCommand) => void obey(command));
setInterval(() => report({ say: "figures", figures: figures() }), figuresEveryMs);
let turn = 0;
setInterval(() => {
  const share = Math.ceil((phones.length * acknowledgeEveryMs) / acknowledgeRoundMs);
  for (let n = 0; n < share; n += 1) void phones[(turn += 1) % phones.length]?.acknowledge();
}, acknowledgeEveryMs);
