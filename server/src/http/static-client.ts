import { readdirSync } from "node:fs";
import { join } from "node:path";
import express, { Router, type RequestHandler, type Response } from "express";

const yearInSeconds = 31_536_000;
/** Vite names these files by their content. */
const hashedAsset = /\/assets\/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
/** As the client's build writes them beside the files themselves; the better one first. */
const encodings = [
  { name: "br", suffix: ".br" },
  { name: "gzip", suffix: ".gz" },
] as const;

/**
 * The built client. A path without a file extension is a place inside the client, so it gets the page; a file that is
 * not there stays a 404, or a browser would take the page for a script.
 */
export function staticClient(folder: string): Router {
  const router = Router();
  const compressed = compressedFiles(folder);
  const cacheFor = (response: Response, path: string): void => {
    response.setHeader("Cache-Control", hashedAsset.test(path.replaceAll("\\", "/")) ? `public, max-age=${yearInSeconds}, immutable` : "no-cache");
  };
  router.use(precompressed(folder, compressed, cacheFor));
  router.use(express.static(folder, { index: false, redirect: false, dotfiles: "ignore", setHeaders: cacheFor }));
  router.use((request, response, next) => {
    const isPage = (request.method === "GET" || request.method === "HEAD") && !/\.[^/]+$/.test(request.path) && request.accepts("html") !== false;
    if (!isPage) return next();
    response.setHeader("Cache-Control", "no-cache");
    const encoding = encodings.find(({ name, suffix }) => compressed.has(`index.html${suffix}`) && request.acceptsEncodings(name) === name);
    if (encoding !== undefined) encode(response, encoding.name, "html");
    response.sendFile(join(folder, `index.html${encoding?.suffix ?? ""}`), (error: Error | undefined) => {
      if (error !== undefined) next("code" in error && error.code === "ENOENT" ? undefined : error);
    });
  });
  return router;
}

/** What was compressed when the client was built, by its path in the folder; read once, since a build is not changed under a server. */
function compressedFiles(folder: string): ReadonlySet<string> {
  try {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
    return new Set(files.filter((path) => encodings.some(({ suffix }) => path.endsWith(suffix))));
  } catch {
    return new Set(); // not built: what is asked for is not there either
  }
}

function encode(response: Response, encoding: string, type: string): void {
  response.setHeader("Content-Encoding", encoding);
  response.type(type);
  response.vary("Accept-Encoding");
}

/** Sends the compressed twin of a file to whoever takes it. Only names that were found in the folder are ever sent. */
function precompressed(folder: string, compressed: ReadonlySet<string>, cacheFor: (response: Response, path: string) => void): RequestHandler {
  return (request, response, next) => {
    const path = request.path.slice(1);
    const type = /\.([a-z0-9]+)$/.exec(path)?.[1];
    const encoding = request.method === "GET" || request.method === "HEAD" ? encodings.find(({ name, suffix }) => compressed.has(path + suffix) && request.acceptsEncodings(name) === name) : undefined;
    if (encoding === undefined || type === undefined) return next();
    cacheFor(response, request.path);
    encode(response, encoding.name, type);
    response.sendFile(join(folder, path + encoding.suffix), (error: Error | undefined) => {
      if (error !== undefined) next(error);
    });
  };
}
