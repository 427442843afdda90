import type { IncomingMessage } from "node:http";

/** Where a request goes, taken apart once. */
export interface RequestTarget {
  /** Without the query; `/negotiate` and a trailing slash are still on it. */
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/** Express shortens `url` inside a mounted router and keeps the whole in `originalUrl`. */
export function targetOf(request: IncomingMessage & { readonly originalUrl?: string }): RequestTarget {
  const url = request.originalUrl ?? request.url ?? "/";
  const mark = url.indexOf("?");
  return {
    path: mark === -1 ? url : url.slice(0, mark),
    parameters: new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1)),
  };
}

/** A query parameter whatever its case, as ASP.NET Core reads them. */
export function parameter(parameters: URLSearchParams, name: string): string | undefined {
  const exact = parameters.get(name);
  if (exact !== null) return exact;
  for (const [key, value] of parameters) if (key.toLowerCase() === name.toLowerCase()) return value;
  return undefined;
}
