// @ts-check
import process from "node:process";

/** Without a terminal nothing moves, so a line now and then says that work goes on. */
const reminderMs = 10_000;

/**
 * Says that something has begun that may take more than two seconds.
 * @param {string} what such as `Building the client`
 * @returns {() => void} to be called when it is done
 */
export function announce(what) {
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${what} …`);
  const reminder = setInterval(() => console.log(`${what} … ${seconds()} s`), reminderMs);
  reminder.unref();
  process.once("exit", () => clearInterval(reminder));
  return () => {
    clearInterval(reminder);
    console.log(`${what}: done in ${seconds()} s`);
  };
}
