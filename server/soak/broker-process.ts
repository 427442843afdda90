/** Alpaca's simulator in a process of its own, until its parent is gone. */
import { startSimulator } from "@nod/alpaca-simulator";
import { awaySymbols, busySymbols, calmPrice, prevClose } from "./scenario.ts";

const [seed = "1"] = process.argv.slice(2);
const simulator = await startSimulator({
  seed,
  control: true,
  symbols: Object.fromEntries([...busySymbols, ...awaySymbols].map((symbol) => [symbol, { price: calmPrice, prevClose }])),
  cash: "100000000",
  latency: { route: [0, 10], fill: [0, 300], cancel: [0, 20] },
});
simulator.control.setMarket("open");
const { url, tradingStreamUrl, dataStreamUrl, keys } = simulator;
process.once("disconnect", () => process.exit(0));
process.send?.({ url, tradingStreamUrl, dataStreamUrl, keys });
