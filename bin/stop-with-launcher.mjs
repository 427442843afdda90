// @ts-check
/** Loaded before the program: when the launcher is killed, the program stops as if it had been asked to. */
import process from "node:process";

process.channel?.unref();
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
