/** Comes only where the server offers Firebase. */
import {
  browserPopupRedirectResolver,
  createUserWithEmailAndPassword,
  getAuth,
  GoogleAuthProvider,
  indexedDBLocalPersistence,
  initializeAuth,
  onIdTokenChanged,
  sendPasswordResetEmail,
  signInWithEmailAndPassword,
  signInWithPopup,
  signOut,
  type Auth,
  type User,
} from "@firebase/auth";
import { setSession } from "../api/session.ts";
import { firebaseApp, type FirebaseWeb } from "./firebase-app.ts";

export type FirebaseSignIn = {
  withGoogle(): Promise<void>;
  withEmail(email: string, password: string): Promise<void>;
  register(email: string, password: string): Promise<void>;
  resetPassword(email: string): Promise<void>;
};

async function sessionOf(auth: Auth, user: User): Promise<void> {
  setSession({
    uid: user.uid,
    token: await user.getIdToken(),
    renew: async () => (auth.currentUser === null ? null : auth.currentUser.getIdToken(true)),
    end: () => signOut(auth),
  });
}

let started: FirebaseSignIn | null = null;

/**
 * Takes up the sign-in that Firebase keeps in this browser, follows its tokens (a new one each hour), and offers the ways to
 * sign in. What is kept is Firebase's, in IndexedDB: a home-screen app that forgot its person at each start would not be used.
 */
export function startFirebaseSignIn(web: FirebaseWeb): FirebaseSignIn {
  if (started !== null) return started;
  const auth = authOf(web);
  onIdTokenChanged(auth, (user) => {
    if (user === null) setSession(null);
    else void sessionOf(auth, user).catch(() => undefined);
  });
  started = {
    withGoogle: async () => void (await signInWithPopup(auth, new GoogleAuthProvider())),
    withEmail: async (email, password) => void (await signInWithEmailAndPassword(auth, email, password)),
    register: async (email, password) => void (await createUserWithEmailAndPassword(auth, email, password)),
    resetPassword: (email) => sendPasswordResetEmail(auth, email),
  };
  return started;
}

function authOf(web: FirebaseWeb): Auth {
  const app = firebaseApp(web);
  try {
    return initializeAuth(app, { persistence: indexedDBLocalPersistence, popupRedirectResolver: browserPopupRedirectResolver });
  } catch {
    return getAuth(app); // made before in this page
  }
}
