import { getApps, initializeApp, type FirebaseApp } from "@firebase/app";
import type { ClientConfig } from "@nod/contract/client-config";

export type FirebaseWeb = NonNullable<ClientConfig["sign_in"]["firebase"]>;

/** The one app of this page, made from what the server says of its project. */
export function firebaseApp(web: FirebaseWeb): FirebaseApp {
  const [made] = getApps();
  return (
    made ??
    initializeApp({
      apiKey: web.api_key,
      authDomain: web.auth_domain,
      projectId: web.project_id,
      appId: web.app_id,
      ...(web.messaging_sender_id === null ? {} : { messagingSenderId: web.messaging_sender_id }),
    })
  );
}
