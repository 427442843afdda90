import type { RequestHandler } from "express";
import helmet from "helmet";

/** Where Firebase's sign-in runs in the browser. */
const firebaseSources = { connect: ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com", "https://firebaseinstallations.googleapis.com", "https://fcmregistrations.googleapis.com"], script: ["https://apis.google.com"] };

export type SecuritySettings = {
  /** With Firebase, the browser also talks to Google, and to the project's sign-in page. */
  firebaseProjectId: string | null;
};

/** Scripts come from this server's files alone, never from the page's text; `'self'` covers the hub's WebSocket too. */
export function securityHeaders({ firebaseProjectId }: SecuritySettings): RequestHandler {
  const signInPage = firebaseProjectId === null ? [] : [`https://${firebaseProjectId}.firebaseapp.com`];
  const usesFirebase = firebaseProjectId !== null;
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        frameSrc: usesFirebase ? signInPage : ["'none'"],
        scriptSrc: ["'self'", ...(usesFirebase ? firebaseSources.script : [])],
        // Radix and motion put style elements into the page while it runs.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", ...(usesFirebase ? firebaseSources.connect : [])],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
      },
    },
    crossOriginOpenerPolicy: { policy: usesFirebase ? "same-origin-allow-popups" : "same-origin" },
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  });
}
