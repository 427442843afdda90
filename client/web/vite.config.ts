import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { initialScriptBudget } from "./build/initial-script-budget.ts";

/** Where `npm run dev` finds the API; the built client is served by the server itself. */
const developmentServer = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), initialScriptBudget({ maxGzippedBytes: 170 * 1024 })],
  build: {
    target: "es2023",
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
