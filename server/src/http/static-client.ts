import { join } from "node:path";
import express, { Router } from "express";

const yearInSeconds = 31_536_000;
/** Vite names these files by their content. */
const hashedAsset = /\/assets\/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * The built client. A path without a file extension is a place inside the client, so it gets the page; a file that is
 * not there stays a 404, or a browser would take the page for a script.
 */
export function staticClient(folder: string): Router {
  const router = Router();
  router.use(
    express.static(folder, {
      index: false,
      redirect: false,
      dotfiles: "ignore",
      setHeaders: (response, path) => {
        response.setHeader("Cache-Control", hashedAsset.test(path.replaceAll("\\", "/")) ? `public, max-age=${yearInSeconds}, immutable` : "no-cache");
      },
    }),
  );
  router.use((request, response, next) => {
    const isPage = (request.method === "GET" || request.method === "HEAD") && !/\.[^/]+$/.test(request.path) && request.accepts("html") !== false;
    if (!isPage) return next();
    response.setHeader("Cache-Control", "no-cache");
    response.sendFile(join(folder, "index.html"), (error: Error | undefined) => {
      if (error !== undefined) next("code" in error && error.code === "ENOENT" ? undefined : error);
    });
  });
  return router;
}
