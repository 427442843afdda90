/** What the package gives to others; everything else is its own affair. */
export { defaultKeys, startSimulator } from "./simulator.ts";
export type { Simulator } from "./simulator.ts";
export type { SimulatorOptions } from "./world.ts";
export { demoReplay } from "./demo-replay.ts";
export type { Replay } from "./demo-replay.ts";
export { manualClock } from "./time/clock.ts";
export type { ManualClock, SimulatorClock } from "./time/clock.ts";
export type { AccountBook, Book, SimulatorControl } from "./control.ts";
export type { Fault } from "./http/faults.ts";
export type { StreamFault } from "./stream/stream-faults.ts";
export type { OrderScript, OrderStep } from "./book/scripts.ts";
export type { Execution, WireOrder } from "./book/records.ts";
export type { KeyPair } from "./http/credentials.ts";
export { openRecordedData } from "./market/recorded-data.ts";
export type { DailyRow, MinuteBar, RecordedData } from "./market/recorded-data.ts";
export { ticksToDecimal } from "./market/ticks.ts";
export { recordedDay } from "./time/exchange-hours.ts";
