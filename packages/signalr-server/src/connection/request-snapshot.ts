import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { ConnectionRequest } from "./connection-info.ts";

const credentialParameters = new Set(["id", "access_token"]);

/** What is kept of an HTTP request: the request itself would hold its socket, parser and query string. */
export class RequestSnapshot implements ConnectionRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly #parameters: ReadonlyMap<string, string> | undefined;

  constructor(request: IncomingMessage, path: string, parameters: URLSearchParams) {
    this.path = path;
    this.headers = request.headers;
    this.remoteAddress = request.socket.remoteAddress;
    const kept = [...parameters].filter(([name]) => !credentialParameters.has(name));
    this.#parameters = kept.length === 0 ? undefined : new Map(kept);
  }

  query(name: string): string | undefined {
    return this.#parameters?.get(name);
  }
}
