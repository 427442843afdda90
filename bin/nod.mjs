#!/usr/bin/env node
// @ts-check
/**
 * What every npm script goes through. Needs Node 20.19 or newer and nothing else: it installs what
 * is missing and then goes on with the Node 24 that came with it.
 *
 *   start                 everything: database, broker or simulator, server, workers
 *   test [vitest args]    all tests that need no browser
 *   e2e [vitest args]     the browser tests
 *   check                 types, lint, dead code and floors of every room
 *   bench [NAME [args]]   every benchmark, or the one named
 *   test:guards [--only TEXT]  removes every guard, one at a time: a test must turn red
 *   chaos [--seeds N]     seeded worlds full of faults, judged by an independent checker
 *   chaos:kills           real kills of a real process, judged by the same
 *   soak [--minutes N]    ten minutes of everything at once: load, kills, a restarted database
 *   migrate               brings the database to its newest shape
 *   seed FILE             applies a seed to the database
 *   replay --config FILE  what a config would have asked over recorded days
 */
import process from "node:process";
import { oldestNode, supportsNode } from "./node-version.mjs";

const [command = "help", ...args] = process.argv.slice(2);

if (!supportsNode(process.versions.node)) {
  console.error(`Nod needs Node ${oldestNode} or newer to start; this is ${process.versions.node}. See https://nodejs.org for a newer one.`);
  process.exit(1);
}

// Only now: these modules may use what an older Node does not know.
const { commands } = await import("./commands.mjs");
const run = commands.get(command);
if (run === undefined) {
  console.error(`usage: npm start | npm test | npm run <${[...commands.keys()].join(" | ")}>`);
  process.exitCode = command === "help" ? 0 : 1;
} else {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
