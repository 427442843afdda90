import type { IncomingMessage } from "node:http";
import { ipKeyGenerator } from "express-rate-limit";

/** Under which limits count an address: itself, and for IPv6 the /56 that one customer is given. */
export const addressOf = (ip: string | undefined): string => (ip === undefined || ip === "" ? "unknown" : ipKeyGenerator(ip));

/**
 * The same for requests that Express does not see, WebSocket upgrades: the address that the outermost believed proxy
 * names in `X-Forwarded-For`, as Express's `trust proxy` with a number has it.
 */
export function clientAddress(trustedProxies: number): (request: IncomingMessage) => string {
  return (request) => {
    const { "x-forwarded-for": header } = request.headers;
    const named = typeof header === "string" ? header.split(",").map((part) => part.trim()) : [];
    const hops = [...named, request.socket.remoteAddress ?? ""].toReversed(); // the nearest first
    return addressOf(hops[Math.min(trustedProxies, hops.length - 1)]);
  };
}
