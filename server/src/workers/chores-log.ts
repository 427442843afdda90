import { Logger } from "graphile-worker";

/** What the library says of itself, without a line on the console: what is wrong goes to `remark`, the rest nowhere. */
export function quietLogger(remark: (message: string) => void): Logger {
  return new Logger(() => (level, message) => {
    if (level === "error" || level === "warning") remark(message);
  });
}
