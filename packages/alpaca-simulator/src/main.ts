import { parseArgs } from "node:util";
import { defaultKeys, startSimulator } from "./simulator.ts";
import type { SimulatorOptions } from "./world.ts";

const help = `node packages/alpaca-simulator/src/main.ts [flags]

  --port 8089               port on 127.0.0.1 (0: a free one)
  --state-file PATH         keep the book across restarts
  --data-dir PATH           another folder of recorded data
  --start-at 2013-10-08T14:07   recorded New York moment that happens now (repeatable, best first)
  --speed 1                 recorded seconds in a second
  --seed nod
  --cash 100000
  --key ID:SECRET:ACCOUNT   credentials (repeatable)
  --rate-limit 200          requests a minute for each account and host (0: none)
  --control                 serve the control API under /_control
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8089" },
    "state-file": { type: "string" },
    "data-dir": { type: "string" },
    "start-at": { type: "string", multiple: true },
    speed: { type: "string", default: "1" },
    seed: { type: "string" },
    cash: { type: "string" },
    key: { type: "string", multiple: true },
    "rate-limit": { type: "string", default: "200" },
    control: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function wholeNumber(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`--${flag} must be a whole number from 0 to ${max}, got "${text}"`);
  return value;
}

function options(): SimulatorOptions {
  const rateLimit = wholeNumber("rate-limit", values["rate-limit"], 1_000_000);
  const speed = Number(values.speed);
  if (!(speed > 0 && speed <= 3600)) throw new RangeError(`--speed must be above 0 and at most 3600, got "${values.speed}"`);
  const keys = values.key?.map((text) => {
    const [keyId, secretKey, account] = text.split(":");
    if (!keyId || !secretKey || !account) throw new RangeError("--key must look like ID:SECRET:ACCOUNT");
    return { keyId, secretKey, account };
  });
  return {
    port: wholeNumber("port", values.port, 65_535),
    control: values.control,
    ...(values["start-at"] === undefined && speed === 1 ? {} : { replay: { startAt: values["start-at"] ?? ["2013-10-08T14:07"], speed } }),
    ...(values["state-file"] === undefined ? {} : { stateFile: values["state-file"] }),
    ...(values["data-dir"] === undefined ? {} : { dataDir: values["data-dir"] }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.cash === undefined ? {} : { cash: values.cash }),
    ...(keys === undefined ? {} : { keys }),
    ...(rateLimit === 0 ? {} : { rateLimitPerMinute: rateLimit }),
  };
}

if (values.help) {
  process.stdout.write(help);
} else {
  const simulator = await startSimulator(options());
  const { anchored } = simulator.timeline;
  process.stdout.write(
    [
      `alpaca-simulator listening on ${simulator.url}`,
      `  streams      ${simulator.tradingStreamUrl}  ${simulator.dataStreamUrl}`,
      `  accounts     ${simulator.keys.map((key) => `${key.account} (key ${key.keyId})`).join(", ")}${values.key === undefined ? `, secret ${defaultKeys[0]?.secretKey ?? ""}` : ""}`,
      `  replays      ${anchored.recorded.date} as ${anchored.date}; open until ${new Date(anchored.closeMs).toISOString()}`,
      "",
    ].join("\n"),
  );
  const stop = (): void => {
    simulator.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}
