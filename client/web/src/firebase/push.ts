/** Comes only to those who switch notifications on. */
import { deleteToken, getMessaging, getToken } from "@firebase/messaging";
import { firebaseApp, type FirebaseWeb } from "./firebase-app.ts";

/** Where a push reaches this browser. It arrives at our own service worker, which shows it. */
export async function requestPushToken(web: FirebaseWeb, vapidKey: string): Promise<string> {
  const serviceWorkerRegistration = await navigator.serviceWorker.ready;
  return getToken(getMessaging(firebaseApp(web)), { vapidKey, serviceWorkerRegistration });
}

export async function dropPushToken(web: FirebaseWeb): Promise<void> {
  await deleteToken(getMessaging(firebaseApp(web)));
}
