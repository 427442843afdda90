/** Firebase's error codes in words; what is not listed is the connection's or the project's fault. */
const words: Readonly<Record<string, string>> = {
  "auth/invalid-credential": "E-mail or password do not fit.",
  "auth/wrong-password": "E-mail or password do not fit.",
  "auth/user-not-found": "E-mail or password do not fit.",
  "auth/invalid-email": "That is not an e-mail address.",
  "auth/email-already-in-use": "There is an account with this e-mail already. Sign in instead.",
  "auth/weak-password": "That password is too short. Firebase wants six characters at least.",
  "auth/user-disabled": "This account has been disabled.",
  "auth/too-many-requests": "Too many attempts. Wait a few minutes and try again.",
  "auth/popup-closed-by-user": "The window was closed before you had signed in.",
  "auth/cancelled-popup-request": "The window was closed before you had signed in.",
  "auth/popup-blocked": "The browser blocked Google's window. Allow it for this site and try again.",
  "auth/network-request-failed": "Firebase cannot be reached. Check the connection and try again.",
};

export function wordsForFirebase(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
  return words[code] ?? "Signing in did not work. Try again; if it goes on, the server's Firebase project may not be set up for it.";
}
