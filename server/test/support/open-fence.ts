import type { AskFence } from "../../src/pipeline/ask.ts";

/** Lets everyone ask. */
export const openFence: AskFence = { enter: () => Promise.resolve(true), leave: () => Promise.resolve(), over: () => undefined };
