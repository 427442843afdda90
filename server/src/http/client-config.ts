import type { ClientConfig } from "@nod/contract/client-config";
import type { Services } from "./services.ts";

/** As Firebase's console shows them for a web app. They are public. */
export type FirebaseWebSettings = {
  apiKey: string;
  appId: string;
  /** With these two, pushes are sent. */
  messagingSenderId: string | null;
  vapidKey: string | null;
};

/** What a client is told before anybody has signed in. */
export function clientConfigOf({ firebaseProjectId, firebaseWeb = null }: { firebaseProjectId: string | null; firebaseWeb?: FirebaseWebSettings | null }, { devSessions }: Pick<Services, "devSessions">): ClientConfig {
  const firebase =
    firebaseProjectId === null || firebaseWeb === null
      ? null
      : { api_key: firebaseWeb.apiKey, auth_domain: `${firebaseProjectId}.firebaseapp.com`, project_id: firebaseProjectId, app_id: firebaseWeb.appId, messaging_sender_id: firebaseWeb.messagingSenderId };
  const vapidKey = firebase === null || firebase.messaging_sender_id === null ? null : (firebaseWeb?.vapidKey ?? null);
  return { sign_in: { local: devSessions !== null, firebase }, push: vapidKey === null ? null : { vapid_key: vapidKey } };
}
