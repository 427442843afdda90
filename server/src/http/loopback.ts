import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const withoutBrackets = (host: string): string => (host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host);

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** Whether a host name to listen on, or of a `Host` header without its port, means this machine only. */
export const isLoopbackHost = (host: string): boolean => host.toLowerCase() === "localhost" || isLoopbackAddress(withoutBrackets(host));

/**
 * Whether a request was made on this very machine and was meant for it. A proxy in front makes everybody's requests
 * look local, and a page elsewhere can have its own name resolve to 127.0.0.1; both show in the headers.
 */
export function isFromThisMachine(request: IncomingMessage): boolean {
  const { host, forwarded, "x-forwarded-for": forwardedFor, "x-forwarded-host": forwardedHost } = request.headers;
  if (forwarded !== undefined || forwardedFor !== undefined || forwardedHost !== undefined) return false;
  const name = host === undefined ? null : URL.parse(`http://${host}`);
  return isLoopbackAddress(request.socket.remoteAddress) && name !== null && isLoopbackHost(name.hostname);
}
