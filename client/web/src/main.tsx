import "@fontsource-variable/inter/opsz.css";
import "./styles/app.css";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { navigate, routeOf } from "./app/routes.ts";
import { startServiceWorker } from "./app/update.ts";
import { applyDeviceSettings } from "./settings/use-device-settings.ts";

applyDeviceSettings(document.documentElement);
void startServiceWorker((path) => navigate(routeOf(path)));

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
// In pieces, between which the browser can paint and take presses.
startTransition(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
