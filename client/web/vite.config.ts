import { join } from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { initialScriptBudget, initialScripts } from "./build/initial-script-budget.ts";
import { precompress } from "./build/precompress.ts";
import { serviceWorker } from "./build/service-worker.ts";

/** Where `npm run dev` finds the API; the built client is served by the server itself. */
const developmentServer = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), initialScriptBudget({ maxGzippedBytes: 170 * 1024 }), serviceWorker(initialScripts), precompress(join(import.meta.dirname, "dist"))],
  build: {
    target: "es2023",
    // The budget above counts what matters: what a first visit loads, compressed.
    chunkSizeWarningLimit: 700,
    // Nothing is inlined, so that the Content-Security-Policy needs no `data:` and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/v1": developmentServer,
      "/hubs": { target: developmentServer, ws: true },
    },
  },
});
